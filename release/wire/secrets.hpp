// What tokens and signatures need: OpenSSL stays behind this door.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace edgeroll::release::wire {

/// 32 bytes.
[[nodiscard]] std::string hmac_sha256(std::string_view key, std::string_view text);

/// Takes as long for any two texts of the same length.
[[nodiscard]] bool is_equal_in_constant_time(std::string_view a, std::string_view b);

/// So many bytes from the system's generator, as lower-case hex. Ends the process when there is no
/// randomness to be had: there is nothing to give out then.
[[nodiscard]] std::string random_hex(std::size_t bytes);

/// Two lower-case digits a byte, and back (digits of either case). Nothing: no such text.
[[nodiscard]] std::string hex_of(std::string_view bytes);
[[nodiscard]] std::optional<std::string> bytes_of_hex(std::string_view digits);

/// Lines of a file of keys, without the blanks around them; empty lines and those that begin with
/// `#` are left out. They point into `text`.
[[nodiscard]] std::vector<std::string_view> key_lines(std::string_view text);

}  // namespace edgeroll::release::wire
