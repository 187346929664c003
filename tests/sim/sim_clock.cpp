#include "sim_clock.hpp"

namespace edgeroll::sim {

boost::asio::awaitable<void> SimClock::sleep_until(Instant until) {
    auto waiting = std::make_shared<Waiting<bool>>(context_);
    if (until != release::never) {
        std::weak_ptr<Waiting<bool>> sleeper = waiting;
        timeline_.at(until - offset_, [sleeper] {
            if (auto alive = sleeper.lock()) alive->complete(true);
        });
    }
    co_await Waiting<bool>::wait(std::move(waiting));
}

}  // namespace edgeroll::sim
