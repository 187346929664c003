// Number of prepared statements that a connection keeps.
#pragma once

#include <cstddef>

namespace edgeroll::control {

/// More than the program has; lists of different lengths produce separate statements.
inline constexpr std::size_t cached_statements_max = 200;

}  // namespace edgeroll::control
