// Decimal and hexadecimal digits.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace edgeroll::release {

/// 0 to 9, independent of the locale.
[[nodiscard]] constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// Exactly 64 hex digits, any case.
[[nodiscard]] bool is_sha256_hex(std::string_view text);
/// Hex digits only; true for the empty text.
[[nodiscard]] bool is_hex(std::string_view text);

/// A to F become a to f; nothing else changes.
[[nodiscard]] std::string lower_hex(std::string text);

/// Two lower-case digits for each byte, and back (digits of either case). Nothing: not a hex text.
[[nodiscard]] std::string hex_of(std::string_view bytes);
[[nodiscard]] std::optional<std::string> bytes_of_hex(std::string_view digits);

}  // namespace edgeroll::release
