// What a calendar on the wall says; only for showing it. Times are measured with the Clock port.
#pragma once

#include <cstdint>

namespace edgeroll::rt {

/// Seconds since 1970, by the system's clock.
[[nodiscard]] std::int64_t wall_seconds();

}  // namespace edgeroll::rt
