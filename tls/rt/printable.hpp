// Text from elsewhere, made safe for people's terminals: the one way of all programs.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace edgeroll::rt {

struct Character {
    char32_t value = 0;  ///< where it is not valid: the byte
    std::size_t bytes = 1;
    bool is_valid = false;
};

/// The character at the front of a text that is not empty, or its first byte where none begins
/// (RFC 3629).
[[nodiscard]] Character next_character(std::string_view text);

/// One line without anything that moves a cursor, hides or reorders text: control characters,
/// broken UTF-8, line separators and direction overrides become visible escapes (`\n`, `\x1b`,
/// `\u202e`). Nothing is quoted: unlike log_format's escape() it leaves `"` and `\` alone.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace edgeroll::rt
