#include "tls/rt/clock.hpp"

#include <time.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace edgeroll::tls::rt {
namespace {

namespace asio = boost::asio;
using release::Instant;
using release::Millis;

// Asio's timer does not count the time that the machine sleeps, now() does. Waiting in slices
// bounds how late a sleeper learns of it.
constexpr Millis longest_slice{10'000};

class SystemClock final : public Clock {
  public:
    explicit SystemClock(asio::any_io_executor executor) : executor_(std::move(executor)) {}

    [[nodiscard]] Instant now() const override {
        timespec spec{};
        clock_gettime(CLOCK_BOOTTIME, &spec);
        return Instant{Millis{static_cast<std::int64_t>(spec.tv_sec) * 1000 +
                              static_cast<std::int64_t>(spec.tv_nsec) / 1'000'000}};
    }

    asio::awaitable<void> sleep_until(Instant until) override {
        asio::steady_timer timer(executor_);
        for (auto left = until - now(); left > Millis{0}; left = until - now()) {
            timer.expires_after(std::min(left, longest_slice));
            co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
        }
    }

  private:
    asio::any_io_executor executor_;
};

}  // namespace

std::unique_ptr<Clock> make_clock(asio::any_io_executor executor) {
    return std::make_unique<SystemClock>(std::move(executor));
}

}  // namespace edgeroll::tls::rt
