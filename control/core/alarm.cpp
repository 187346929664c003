#include "control/core/alarm.hpp"

#include <algorithm>

namespace edgeroll::control {

void Alarm::set(release::Instant at) {
    if (at >= at_) return;
    at_ = at;
    timer_->notify();
}

bool Alarm::take(release::Instant now) {
    if (now < at_) return false;
    at_ = release::never;
    return true;
}

boost::asio::awaitable<void> Alarm::wait_until(release::Instant until) {
    co_await timer_->wait_until(std::min(until, at_));
}

}  // namespace edgeroll::control
