// The time at which a runner wakes up without an event.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>

#include "control/core/ports.hpp"

namespace edgeroll::control {

/// A one-shot alarm. Loop thread; one waiter at a time.
class Alarm {
  public:
    explicit Alarm(Clock& clock) : timer_(clock.make_timer()) {}

    /// Sets the alarm unless an earlier one is set; then `at` is dropped.
    void set(release::Instant at);
    /// Returns true once after the alarm was due.
    [[nodiscard]] bool take(release::Instant now);

    /// Returns when the alarm is due or moved, at `until`, or after end_wait().
    boost::asio::awaitable<void> wait_until(release::Instant until);
    void end_wait() { timer_->notify(); }

  private:
    std::unique_ptr<rt::Timer> timer_;
    release::Instant at_ = release::never;
};

}  // namespace edgeroll::control
