#include "sim_clock.hpp"

#include <utility>

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

namespace {

class SimTimer final : public rt::Timer {
  public:
    SimTimer(SimClock& clock, Timeline& timeline, ControlContext& context)
        : clock_(clock), timeline_(timeline), context_(context) {}

    boost::asio::awaitable<void> wait_until(Instant until) override {
        if (!is_notified_ && until > clock_.now()) {
            auto waiting = std::make_shared<Waiting<bool>>(context_);
            waiter_ = waiting;
            if (until != release::never) {
                timeline_.at(until - clock_.offset(), [sleeper = waiter_] {
                    if (auto alive = sleeper.lock()) alive->complete(true);
                });
            }
            co_await Waiting<bool>::wait(std::move(waiting));
        }
        is_notified_ = false;
    }

    void notify() override {
        is_notified_ = true;
        if (auto alive = waiter_.lock()) alive->complete(true);
    }

  private:
    SimClock& clock_;
    Timeline& timeline_;
    ControlContext& context_;
    std::weak_ptr<Waiting<bool>> waiter_;
    bool is_notified_ = false;
};

}  // namespace

std::unique_ptr<rt::Timer> SimClock::make_timer() {
    return std::make_unique<SimTimer>(*this, timeline_, context_);
}

}  // namespace edgeroll::sim
