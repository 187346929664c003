// Base64 of RFC 4648 section 4, strict.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace edgeroll::release {

/// Padding is required; blanks and unused bits that are not zero are refused.
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);
[[nodiscard]] std::string encode_base64(std::string_view bytes);
/// base64url without padding (RFC 7515), as in JWTs.
[[nodiscard]] std::optional<std::string> decode_base64url(std::string_view text);
[[nodiscard]] std::string encode_base64url(std::string_view bytes);

}  // namespace edgeroll::release
