// Text as the columns can take it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace edgeroll::control {

/// Bytes that the TEXT columns hold (error_msg, last_error, reason, note).
inline constexpr std::size_t text_bytes_max = 65'535;
/// Characters of the VARCHAR(255) columns, counted as bytes to be on the safe side.
inline constexpr std::size_t word_bytes_max = 255;

/// Well-formed UTF-8 of at most that many bytes, of longer texts (not words) both ends: MySQL
/// refuses anything else, and what an agent printed must not keep its result from being recorded.
[[nodiscard]] std::string fitted(std::string_view text, std::size_t bytes_max = text_bytes_max);

}  // namespace edgeroll::control
