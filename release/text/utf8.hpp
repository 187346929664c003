// UTF-8 exactly as RFC 3629 has it: text that databases, JSON and people accept.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace edgeroll::release {

/// Length of the well-formed UTF-8 sequence at the start of `text` (RFC 3629: no overlong forms, no
/// surrogates, nothing above U+10FFFF); 0 if there is none.
[[nodiscard]] std::size_t utf8_length(std::string_view text);

/// Every byte that is not part of a well-formed sequence becomes U+FFFD.
[[nodiscard]] std::string repair_utf8(std::string_view text);

/// At most `bytes_max` bytes from the start, never a part of a character.
[[nodiscard]] std::string cut_utf8(std::string_view text, std::size_t bytes_max);

/// At most `bytes_max` bytes, keeping both ends with a mark between them that gives the length of
/// the omitted text: the cause in a server's output is at its beginning or its end. @param
/// bytes_max at least 64; below that only the start is kept
[[nodiscard]] std::string shortened(std::string_view text, std::size_t bytes_max);

/// The text has a byte below 0x20 or 0x7F.
[[nodiscard]] bool has_control_character(std::string_view text);

}  // namespace edgeroll::release
