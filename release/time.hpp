// Points in time and durations, without a clock: the caller passes "now" in.
#pragma once

#include <chrono>
#include <cstdint>

namespace edgeroll::release {

using Millis = std::chrono::milliseconds;

/// A monotonic clock that includes the machine's sleep (CLOCK_BOOTTIME in production, virtual in
/// the simulator). It has no now(): only the Clock port tells the time.
struct Monotonic {
    using rep = std::int64_t;
    using period = std::milli;
    using duration = Millis;
    using time_point = std::chrono::time_point<Monotonic>;
    static constexpr bool is_steady = true;
};

using Instant = Monotonic::time_point;

/// Later than any time that code waits for.
inline constexpr Instant never = Instant::max();

}  // namespace edgeroll::release
