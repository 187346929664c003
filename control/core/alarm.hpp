// The time at which a runner wakes up by itself.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>

#include "control/core/ports.hpp"

namespace edgeroll::control {

/// One alarm that goes off once. Loop thread; one waiter at a time.
class Alarm {
  public:
    explicit Alarm(Clock& clock) : timer_(clock.make_timer()) {}

    /// Goes off at that time. An earlier alarm stays: it goes off first, and `at` is forgotten.
    void set(release::Instant at);
    /// True once when it has gone off.
    [[nodiscard]] bool take(release::Instant now);

    /// Returns when the alarm is due or moved, at `until`, or after end_wait().
    boost::asio::awaitable<void> wait_until(release::Instant until);
    void end_wait() { timer_->notify(); }

  private:
    std::unique_ptr<rt::Timer> timer_;
    release::Instant at_ = release::never;
};

}  // namespace edgeroll::control
