// Wakes one waiting coroutine. Owns no timer itself, so that it may outlive the io_context.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace edgeroll::control {

class Signal {
  public:
    /// Returns at once if notify() was called since the last wait(). One waiter at a time.
    boost::asio::awaitable<void> wait() {
        if (!is_set_) {
            boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor,
                                            boost::asio::steady_timer::time_point::max());
            waiter_ = &timer;
            co_await timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
            waiter_ = nullptr;
        }
        is_set_ = false;
    }

    void notify() {
        is_set_ = true;
        if (waiter_ != nullptr) waiter_->cancel();
    }

  private:
    bool is_set_ = false;
    boost::asio::steady_timer* waiter_ = nullptr;
};

}  // namespace edgeroll::control
