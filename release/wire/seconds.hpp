// Times as the wire counts them: seconds, with fractions.
#pragma once

#include <optional>

#include "release/result.hpp"
#include "release/time.hpp"
#include "release/wire/json_util.hpp"

namespace edgeroll::release::wire {

/// 30 days: no task or job may be given more.
inline constexpr Millis seconds_max{std::int64_t{30} * 24 * 3600 * 1000};

/// Member of an object: above 0 and at most seconds_max; nothing when it is missing or null. Never
/// 0 milliseconds, which would mean "no time left" to the one who reads it.
[[nodiscard]] Result<std::optional<Millis>> optional_seconds(const Json& object, const char* field);

/// A whole number where it is one; more than seconds_max is cut.
[[nodiscard]] Json seconds_of(Millis time);

}  // namespace edgeroll::release::wire
