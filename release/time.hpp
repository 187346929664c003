// Points in time and durations, without a clock: whoever needs "now" is given it.
#pragma once

#include <chrono>
#include <cstdint>

namespace edgeroll::release {

using Millis = std::chrono::milliseconds;

/// A monotonic clock that goes on while the machine sleeps (CLOCK_BOOTTIME in production, virtual
/// in the simulator). It has no now(): only the Clock port can say what time it is.
struct Monotonic {
    using rep = std::int64_t;
    using period = std::milli;
    using duration = Millis;
    using time_point = std::chrono::time_point<Monotonic>;
    static constexpr bool is_steady = true;
};

using Instant = Monotonic::time_point;

/// Later than anything that is ever waited for.
inline constexpr Instant never = Instant::max();

}  // namespace edgeroll::release
