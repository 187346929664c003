// Calendar time, only for display. Durations are measured with the Clock port.
#pragma once

#include <cstdint>

namespace edgeroll::rt {

/// Seconds since 1970, by the system clock.
[[nodiscard]] std::int64_t wall_seconds();

}  // namespace edgeroll::rt
