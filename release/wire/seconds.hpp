// Times on the wire: seconds, with fractions.
#pragma once

#include <optional>

#include "release/result.hpp"
#include "release/time.hpp"
#include "release/wire/json_util.hpp"

namespace edgeroll::release::wire {

/// 30 days: the maximum time of a task or job.
inline constexpr Millis seconds_max{std::int64_t{30} * 24 * 3600 * 1000};

/// Member of an object: above 0 and at most seconds_max; nothing if it is missing or null. Never 0
/// milliseconds, which the reader would take for "no time left".
[[nodiscard]] Result<std::optional<Millis>> optional_seconds(const Json& object, const char* field);

/// A whole number if possible; more than seconds_max is cut.
[[nodiscard]] Json seconds_of(Millis time);

}  // namespace edgeroll::release::wire
