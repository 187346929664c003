// AES-256-GCM of bytes in memory (NIST SP 800-38D). Hides OpenSSL from callers.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace edgeroll::release {

inline constexpr std::size_t aes_key_bytes = 32, gcm_nonce_bytes = 12, gcm_tag_bytes = 16;

struct GcmBox {
    std::string nonce;       ///< gcm_nonce_bytes, from the system's generator
    std::string ciphertext;  ///< as long as the text, followed by gcm_tag_bytes of tag
};

/// Uses a new nonce for each call. Ends the process if there is no randomness or OpenSSL is broken:
/// there is nothing to store then. @param key aes_key_bytes @param bound data that is authenticated
/// but not encrypted: opening needs the same
[[nodiscard]] GcmBox gcm_seal(std::string_view key, std::string_view text, std::string_view bound);

/// Nothing: wrong key, wrong `bound`, or a changed byte.
[[nodiscard]] std::optional<std::string> gcm_open(std::string_view key, const GcmBox& box,
                                                  std::string_view bound);

}  // namespace edgeroll::release
