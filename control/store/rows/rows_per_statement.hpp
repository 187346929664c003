// Number of rows that one statement writes.
#pragma once

#include <cstddef>

namespace edgeroll::control {

/// More rows in one INSERT or UPDATE are hardly faster, and SQLite accepts at most 32,766 values.
inline constexpr std::size_t rows_per_statement = 100;

}  // namespace edgeroll::control
