// A clock that stands still until a test moves it. Single-threaded; the test pumps the io_context.
#pragma once

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <list>
#include <memory>

#include "tls/rt/clock.hpp"

namespace edgeroll::test {

class ManualClock final : public rt::Clock {
  public:
    explicit ManualClock(boost::asio::io_context& context) : context_(context) {}

    [[nodiscard]] release::Instant now() const override { return now_; }

    boost::asio::awaitable<void> sleep_until(release::Instant until) override {
        if (until <= now_) co_return;
        boost::asio::steady_timer timer(context_, boost::asio::steady_timer::time_point::max());
        sleepers_.push_back({until, &timer});
        co_await timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    }

    [[nodiscard]] std::unique_ptr<rt::Timer> make_timer() override {
        return std::make_unique<ManualTimer>(*this);
    }

    /// Coroutines that wait for a time.
    [[nodiscard]] std::size_t sleepers() const { return sleepers_.size(); }

    /// Runs what can run, then moves the time from sleeper to sleeper up to `by` later.
    void advance(release::Millis by) {
        const release::Instant end = now_ + by;
        pump();
        while (true) {
            const auto next = std::min_element(
                sleepers_.begin(), sleepers_.end(),
                [](const Sleeper& a, const Sleeper& b) { return a.until < b.until; });
            if (next == sleepers_.end() || next->until > end) break;
            now_ = next->until;
            boost::asio::steady_timer* timer = next->timer;
            sleepers_.erase(next);
            timer->cancel();
            pump();
        }
        now_ = end;
    }

    void pump() {
        context_.restart();
        context_.poll();
    }

  private:
    struct Sleeper {
        release::Instant until;
        boost::asio::steady_timer* timer;
    };

    class ManualTimer final : public rt::Timer {
      public:
        explicit ManualTimer(ManualClock& clock) : clock_(clock) {}

        boost::asio::awaitable<void> wait_until(release::Instant until) override {
            boost::asio::steady_timer timer(clock_.context_,
                                            boost::asio::steady_timer::time_point::max());
            if (!is_notified_ && until > clock_.now_) {
                waiter_ = &timer;
                clock_.sleepers_.push_back({until, &timer});
                co_await timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
                waiter_ = nullptr;
            }
            is_notified_ = false;
        }
        void notify() override {
            is_notified_ = true;
            if (waiter_ == nullptr) return;
            std::erase_if(clock_.sleepers_,
                          [this](const Sleeper& sleeper) { return sleeper.timer == waiter_; });
            waiter_->cancel();
        }

      private:
        ManualClock& clock_;
        boost::asio::steady_timer* waiter_ = nullptr;
        bool is_notified_ = false;
    };

    boost::asio::io_context& context_;
    release::Instant now_{release::Millis{1'000'000}};
    std::list<Sleeper> sleepers_;
};

}  // namespace edgeroll::test
