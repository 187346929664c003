// The only source of time and the only way to wait.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>

#include "release/time.hpp"

namespace edgeroll::rt {

/// A sleep that can be ended early and restarted. Loop thread; one waiter at a time. Owns nothing
/// of the io_context, so it may outlive it.
class Timer {
  public:
    virtual ~Timer() = default;
    /// Returns at `until` or at notify(), whichever comes first; at once if `until` is past or
    /// notify() was called since the last return.
    virtual boost::asio::awaitable<void> wait_until(release::Instant until) = 0;
    virtual void notify() = 0;
};

class Clock {
  public:
    virtual ~Clock() = default;
    [[nodiscard]] virtual release::Instant now() const = 0;
    /// Returns at `until`, not before; at once if that is past. Loop thread. Not cancellable:
    /// callers wait in short steps or check their stop flag afterwards.
    virtual boost::asio::awaitable<void> sleep_until(release::Instant until) = 0;
    /// A timer for long sleeps that a stopping caller must be able to end.
    [[nodiscard]] virtual std::unique_ptr<Timer> make_timer() = 0;
};

/// CLOCK_BOOTTIME and Asio timers on this executor.
[[nodiscard]] std::unique_ptr<Clock> make_clock(boost::asio::any_io_executor executor);

}  // namespace edgeroll::rt
