// Limits concurrent work: so many run, so many wait, all others are refused.
#pragma once

#include <cstddef>
#include <deque>

#include "tls/rt/signal.hpp"

namespace edgeroll::control::api {

/// Loop thread. First come, first served. No scope guard, as in Slots: frames destroyed by a dying
/// io_context must not wake others.
class Limiter {
  public:
    Limiter(std::size_t at_work_max, std::size_t waiting_max)
        : at_work_max_(at_work_max), waiting_max_(waiting_max) {}

    /// Waits for a place. False, at once: too many callers wait already. Each true is matched by
    /// one release().
    boost::asio::awaitable<bool> acquire() {
        if (at_work_ < at_work_max_) {
            ++at_work_;
            co_return true;
        }
        if (waiting_.size() == waiting_max_) co_return false;
        rt::Signal turn;
        waiting_.push_back(&turn);
        co_await turn.wait();
        co_return true;
    }

    /// Hands the place to the caller that has waited longest.
    void release() {
        if (waiting_.empty()) {
            --at_work_;
            return;
        }
        rt::Signal* turn = waiting_.front();
        waiting_.pop_front();
        turn->notify();
    }

  private:
    std::size_t at_work_max_, waiting_max_;
    std::size_t at_work_ = 0;
    std::deque<rt::Signal*> waiting_;
};

}  // namespace edgeroll::control::api
