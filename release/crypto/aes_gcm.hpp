// AES-256-GCM of bytes in memory (NIST SP 800-38D). OpenSSL stays behind this door.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace edgeroll::release {

inline constexpr std::size_t aes_key_bytes = 32, gcm_nonce_bytes = 12, gcm_tag_bytes = 16;

struct GcmBox {
    std::string nonce;       ///< gcm_nonce_bytes, from the system's generator
    std::string ciphertext;  ///< as long as the text, and gcm_tag_bytes of tag behind it
};

/// A new nonce each time. Ends the process when there is no randomness or OpenSSL is broken: there
/// is nothing to write down then. @param key aes_key_bytes @param bound what belongs to the text
/// without being hidden: opening needs the same
[[nodiscard]] GcmBox gcm_seal(std::string_view key, std::string_view text, std::string_view bound);

/// Nothing: another key, another `bound`, or a byte was changed.
[[nodiscard]] std::optional<std::string> gcm_open(std::string_view key, const GcmBox& box,
                                                  std::string_view bound);

}  // namespace edgeroll::release
