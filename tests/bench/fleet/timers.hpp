// Work that is due at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

namespace edgeroll::bench {

using Clock = std::chrono::steady_clock;
using Millis = std::chrono::milliseconds;

class Timers {
  public:
    void after(Millis wait, std::function<void()> work) {
        due_.push({Clock::now() + wait, ++last_, std::move(work)});
    }

    /// Runs what is due.
    void run() {
        while (!due_.empty() && due_.top().at <= Clock::now()) {
            const std::function<void()> work = due_.top().work;
            due_.pop();
            work();
        }
    }

    /// For epoll_wait: ms until the next work, rounded up; -1: there is none.
    [[nodiscard]] int wait_ms() const {
        if (due_.empty()) return -1;
        const auto left = std::chrono::ceil<Millis>(due_.top().at - Clock::now()).count();
        return left < 0 ? 0 : static_cast<int>(left);
    }

  private:
    struct Due {
        Clock::time_point at;
        std::uint64_t number;  ///< what was asked for first is done first
        std::function<void()> work;
        bool operator<(const Due& other) const {
            return at != other.at ? at > other.at : number > other.number;
        }
    };
    std::priority_queue<Due> due_;
    std::uint64_t last_ = 0;
};

}  // namespace edgeroll::bench
