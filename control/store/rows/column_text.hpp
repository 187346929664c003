// Text that fits the columns.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace edgeroll::control {

/// Capacity of the TEXT columns in bytes (error_msg, last_error, reason, note).
inline constexpr std::size_t text_bytes_max = 65'535;
/// Capacity of the VARCHAR(255) columns in characters, counted as bytes to be safe.
inline constexpr std::size_t word_bytes_max = 255;

/// Well-formed UTF-8 of at most that many bytes; longer texts (not words) keep both ends. MySQL
/// refuses other text, and an agent's output must not prevent its result from being recorded.
[[nodiscard]] std::string fitted(std::string_view text, std::size_t bytes_max = text_bytes_max);

}  // namespace edgeroll::control
