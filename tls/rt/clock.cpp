#include "tls/rt/clock.hpp"

#include <time.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace edgeroll::rt {
namespace {

namespace asio = boost::asio;
using release::Instant;
using release::Millis;

// Asio's timer stops while the machine sleeps, now() does not. Waiting in slices bounds how late a
// waiter notices.
constexpr Millis longest_slice{10'000};

Instant boot_time() {
    timespec spec{};
    clock_gettime(CLOCK_BOOTTIME, &spec);
    return Instant{Millis{static_cast<std::int64_t>(spec.tv_sec) * 1000 +
                          static_cast<std::int64_t>(spec.tv_nsec) / 1'000'000}};
}

class SystemTimer final : public Timer {
  public:
    explicit SystemTimer(asio::any_io_executor executor) : executor_(std::move(executor)) {}

    asio::awaitable<void> wait_until(Instant until) override {
        asio::steady_timer timer(executor_);
        waiter_ = &timer;
        for (auto left = until - boot_time(); !is_notified_ && left > Millis{0};
             left = until - boot_time()) {
            timer.expires_after(std::min(left, longest_slice));
            co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
        }
        waiter_ = nullptr;
        is_notified_ = false;
    }

    void notify() override {
        is_notified_ = true;
        if (waiter_ != nullptr) waiter_->cancel();
    }

  private:
    asio::any_io_executor executor_;
    asio::steady_timer* waiter_ = nullptr;  ///< in the waiter's frame
    bool is_notified_ = false;
};

class SystemClock final : public Clock {
  public:
    explicit SystemClock(asio::any_io_executor executor) : executor_(std::move(executor)) {}

    [[nodiscard]] Instant now() const override { return boot_time(); }

    asio::awaitable<void> sleep_until(Instant until) override {
        asio::steady_timer timer(executor_);
        for (auto left = until - now(); left > Millis{0}; left = until - now()) {
            timer.expires_after(std::min(left, longest_slice));
            co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
        }
    }

    [[nodiscard]] std::unique_ptr<Timer> make_timer() override {
        return std::make_unique<SystemTimer>(executor_);
    }

  private:
    asio::any_io_executor executor_;
};

}  // namespace

std::unique_ptr<Clock> make_clock(asio::any_io_executor executor) {
    return std::make_unique<SystemClock>(std::move(executor));
}

}  // namespace edgeroll::rt
