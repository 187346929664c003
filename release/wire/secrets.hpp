// What tokens and signatures need: OpenSSL stays behind this door.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace edgeroll::release::wire {

/// 32 bytes.
[[nodiscard]] std::string hmac_sha256(std::string_view key, std::string_view text);

/// Takes as long for any two texts of the same length.
[[nodiscard]] bool is_equal_in_constant_time(std::string_view a, std::string_view b);

/// So many bytes from the system's generator, as lower-case hex. Ends the process when there is no
/// randomness to be had: there is nothing to give out then.
[[nodiscard]] std::string random_hex(std::size_t bytes);

}  // namespace edgeroll::release::wire
