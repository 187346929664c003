// Makes foreign text safe for terminals; used by all programs.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace edgeroll::rt {

struct Character {
    char32_t value = 0;  ///< the raw byte where the text is not valid
    std::size_t bytes = 1;
    bool is_valid = false;
};

/// The first character of a non-empty text, or its first byte if no valid character begins there
/// (RFC 3629).
[[nodiscard]] Character next_character(std::string_view text);

/// Returns one line in which nothing moves the cursor, hides or reorders text: control characters,
/// broken UTF-8, line separators and direction overrides become visible escapes (`\n`, `\x1b`,
/// `\u202e`). Unlike log_format's escape() it leaves `"` and `\` alone.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace edgeroll::rt
