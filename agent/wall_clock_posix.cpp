#include "agent/wall_clock_posix.hpp"

#include <ctime>

namespace edgeroll::agent {
namespace {

class SystemWallClock final : public WallClock {
  public:
    [[nodiscard]] std::int64_t now_ms() const override {
        timespec now{};
        ::clock_gettime(CLOCK_REALTIME, &now);
        return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
    }
};

}  // namespace

std::unique_ptr<WallClock> make_wall_clock() {
    return std::make_unique<SystemWallClock>();
}

}  // namespace edgeroll::agent
