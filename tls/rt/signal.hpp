// Wakes one waiting coroutine.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <utility>

namespace edgeroll::rt {

/// Loop thread; one waiter at a time. The timer is in the waiter's frame and the state is shared
/// with that frame, so signal and waiter may each outlive the other and the io_context.
class Signal {
  public:
    Signal() : state_(std::make_shared<State>()) {}
    Signal(const Signal&) = delete;
    Signal& operator=(const Signal&) = delete;

    /// Returns at once if notify() was called since the last wait().
    [[nodiscard]] boost::asio::awaitable<void> wait() { return wait_for(state_); }

    void notify() {
        state_->is_set = true;
        if (state_->waiter != nullptr) state_->waiter->cancel();
    }

  private:
    struct State {
        bool is_set = false;
        boost::asio::steady_timer* waiter = nullptr;
    };

    static boost::asio::awaitable<void> wait_for(std::shared_ptr<State> state) {
        if (!state->is_set) {
            boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor,
                                            boost::asio::steady_timer::time_point::max());
            // Runs also when a dying io_context destroys this frame.
            struct Reset {
                State& state;
                ~Reset() { state.waiter = nullptr; }
            };
            const Reset reset{*state};
            state->waiter = &timer;
            co_await timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
        }
        state->is_set = false;
    }

    std::shared_ptr<State> state_;
};

}  // namespace edgeroll::rt
