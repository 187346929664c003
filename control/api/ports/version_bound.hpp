// The highest version that the API accepts and that edgeroll assigns.
#pragma once

#include <cstdint>

namespace edgeroll::control {

/// 2^53 - 1, the highest integer that every JSON parser keeps exactly.
inline constexpr std::int64_t version_max = 9'007'199'254'740'991;
inline constexpr const char* version_bound_text = "must be at most 9007199254740991";

}  // namespace edgeroll::control
