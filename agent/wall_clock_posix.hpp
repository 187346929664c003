// The machine's time of day.
#pragma once

#include <memory>

#include "agent/ports.hpp"

namespace edgeroll::agent {

[[nodiscard]] std::unique_ptr<WallClock> make_wall_clock();

}  // namespace edgeroll::agent
