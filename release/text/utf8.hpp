// UTF-8 by the letter: what databases, JSON and people can be given.
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

/// At most `bytes_max` bytes from the start, never half a character.
[[nodiscard]] std::string cut_utf8(std::string_view text, std::size_t bytes_max);

/// The same length at most, but both ends are kept, with a mark between them that says how much was
/// left out: what servers print has its cause at the beginning or at the end. @param bytes_max at
/// least 64, for less than that the start alone
[[nodiscard]] std::string shortened(std::string_view text, std::size_t bytes_max);

/// Has a byte below 0x20 or 0x7F.
[[nodiscard]] bool has_control_character(std::string_view text);

}  // namespace edgeroll::release
