// Virtual time as one control process sees it.
#pragma once

#include "timeline.hpp"
#include "tls/rt/clock.hpp"
#include "waiting.hpp"

namespace edgeroll::sim {

class SimClock final : public rt::Clock {
  public:
    /// @param offset how far this process's monotonic clock is ahead, so that a comparison of the
    /// clocks of two machines fails
    SimClock(Timeline& timeline, ControlContext& context, Millis offset)
        : timeline_(timeline), context_(context), offset_(offset) {}

    [[nodiscard]] Instant now() const override { return timeline_.now() + offset_; }
    boost::asio::awaitable<void> sleep_until(Instant until) override;
    [[nodiscard]] std::unique_ptr<rt::Timer> make_timer() override;

    [[nodiscard]] Millis offset() const { return offset_; }

  private:
    Timeline& timeline_;
    ControlContext& context_;
    Millis offset_;
};

}  // namespace edgeroll::sim
