#include "control/core/backoff.hpp"

#include <algorithm>

namespace edgeroll::control {

boost::asio::awaitable<void> Backoff::pause() {
    delay_ = std::clamp(delay_ * 2, first, ceiling);
    co_await clock_.sleep_until(clock_.now() + delay_);
}

}  // namespace edgeroll::control
