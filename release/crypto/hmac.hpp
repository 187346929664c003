// HMAC-SHA-256, and comparison of its results. Hides OpenSSL from callers.
#pragma once

#include <string>
#include <string_view>

namespace edgeroll::release {

/// 32 bytes.
[[nodiscard]] std::string hmac_sha256(std::string_view key, std::string_view text);

/// Takes the same time for any two texts of the same length.
[[nodiscard]] bool is_equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace edgeroll::release
