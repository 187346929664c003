// Virtual time: events in the order of (moment, order of planning).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <utility>

#include "release/time.hpp"

namespace edgeroll::sim {

using release::Instant;
using release::Millis;

class Timeline {
  public:
    using Ticket = std::pair<Instant, std::uint64_t>;

    [[nodiscard]] Instant now() const { return now_; }
    [[nodiscard]] bool is_empty() const { return planned_.empty(); }
    [[nodiscard]] Instant next_at() const { return planned_.begin()->first.first; }
    [[nodiscard]] std::uint64_t steps() const { return steps_; }

    /// Runs `what` at `when`, or next if that is past.
    Ticket at(Instant when, std::function<void()> what) {
        const Ticket ticket(when < now_ ? now_ : when, order_++);
        planned_.emplace(ticket, std::move(what));
        return ticket;
    }
    Ticket after(Millis span, std::function<void()> what) {
        return at(now_ + span, std::move(what));
    }
    void cancel(const Ticket& ticket) { planned_.erase(ticket); }

    /// Advances to the next moment and runs one event. False: none is planned.
    bool run_next() {
        if (planned_.empty()) return false;
        auto first = planned_.begin();
        now_ = first->first.first;
        const auto what = std::move(first->second);
        planned_.erase(first);
        ++steps_;
        what();
        return true;
    }

  private:
    Instant now_{Millis{1'000'000}};
    std::uint64_t order_ = 0;
    std::uint64_t steps_ = 0;
    std::map<Ticket, std::function<void()>> planned_;
};

}  // namespace edgeroll::sim
