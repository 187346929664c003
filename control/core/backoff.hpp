// Pauses after database errors.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "control/core/ports.hpp"

namespace edgeroll::control {

/// Starts at 50 ms and doubles up to 1 s. Loop thread.
class Backoff {
  public:
    static constexpr release::Millis first{50};
    static constexpr release::Millis ceiling{1'000};

    explicit Backoff(Clock& clock) : clock_(clock) {}

    boost::asio::awaitable<void> pause();
    /// A call has succeeded: the next pause is the shortest.
    void reset() { delay_ = release::Millis{0}; }
    /// The next pause is the longest: an early retry cannot help.
    void slow_down() { delay_ = ceiling; }

  private:
    Clock& clock_;
    release::Millis delay_{0};
};

}  // namespace edgeroll::control
