#include "agent/bell.hpp"

#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace edgeroll::agent {

boost::asio::awaitable<void> Bell::wait(release::Millis at_most) {
    boost::asio::steady_timer timer(executor_);
    timer.expires_after(at_most);
    waiting_.insert(&timer);
    try {
        co_await timer.async_wait(boost::asio::use_awaitable);
    } catch (const boost::system::system_error&) {
        // Rung: the timer was cancelled.
    }
    waiting_.erase(&timer);
}

void Bell::ring() {
    for (boost::asio::steady_timer* timer : waiting_)
        timer->cancel();
}

}  // namespace edgeroll::agent
