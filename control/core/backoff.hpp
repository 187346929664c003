// Pauses after trouble with the database.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "control/core/ports.hpp"

namespace edgeroll::control {

/// 50 ms at first, twice as long each time, 1 s at most. Loop thread.
class Backoff {
  public:
    static constexpr release::Millis first{50};
    static constexpr release::Millis ceiling{1'000};

    explicit Backoff(Clock& clock) : clock_(clock) {}

    boost::asio::awaitable<void> pause();
    /// Something has worked: the next pause is a first one.
    void reset() { delay_ = release::Millis{0}; }
    /// The next pause is a longest one: trying again soon cannot help.
    void slow_down() { delay_ = ceiling; }

  private:
    Clock& clock_;
    release::Millis delay_{0};
};

}  // namespace edgeroll::control
