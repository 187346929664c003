// A bounded number of places, given out in the order of asking.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <deque>

#include "control/core/signal.hpp"

namespace edgeroll::control {

/// Loop thread. Every acquire() that returned is matched by one release(); no scope guard, since
/// frames that a dying io_context destroys must not wake others.
class Slots {
  public:
    explicit Slots(int count) : free_(count) {}

    boost::asio::awaitable<void> acquire() {
        if (free_ > 0 && waiting_.empty()) {
            --free_;
            co_return;
        }
        Signal turn;
        waiting_.push_back(&turn);
        co_await turn.wait();  // release() hands its place over: free_ stays as it is
    }

    void release() {
        if (waiting_.empty()) {
            ++free_;
            return;
        }
        Signal* next = waiting_.front();
        waiting_.pop_front();
        next->notify();
    }

    [[nodiscard]] int free() const { return free_; }

  private:
    int free_;
    std::deque<Signal*> waiting_;
};

}  // namespace edgeroll::control
