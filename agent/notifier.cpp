#include "agent/notifier.hpp"

namespace edgeroll::agent {

boost::asio::awaitable<void> Notifier::wait_until(release::Instant until) {
    const auto timer = clock_.make_timer();
    waiting_.insert(timer.get());
    co_await timer->wait_until(until);
    waiting_.erase(timer.get());
}

void Notifier::notify_all() {
    for (rt::Timer* timer : waiting_)
        timer->notify();
}

}  // namespace edgeroll::agent
