// The one way to know the time and to wait.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>

#include "release/time.hpp"

namespace edgeroll::tls::rt {

class Clock {
  public:
    virtual ~Clock() = default;
    [[nodiscard]] virtual release::Instant now() const = 0;
    /// Returns at `until`, not before; at once if that is past. Loop thread. Not cancellable:
    /// callers wait in short steps or look at their own stop flag afterwards.
    virtual boost::asio::awaitable<void> sleep_until(release::Instant until) = 0;
};

/// CLOCK_BOOTTIME and Asio timers on this executor.
[[nodiscard]] std::unique_ptr<Clock> make_clock(boost::asio::any_io_executor executor);

}  // namespace edgeroll::tls::rt
