#include "control/secrets/secret_keys.hpp"

#include <cstdint>
#include <optional>

#include "release/crypto/aes_gcm.hpp"
#include "release/crypto/hmac.hpp"
#include "release/text/digits.hpp"
#include "release/text/key_lines.hpp"

namespace edgeroll::control {
namespace {

constexpr std::size_t keys_max = 16, key_id_digits = 16;

}  // namespace

release::Result<SecretKeys> SecretKeys::parse(std::string_view text) {
    SecretKeys keys;
    for (const std::string_view line : release::key_lines(text)) {
        auto key = release::bytes_of_hex(line);
        if (!key || key->size() != release::aes_key_bytes) {
            return release::fail(
                "has a line that is not a key of 64 hex digits: make one with openssl rand -hex "
                "32");
        }
        std::string id = release::hex_of(release::hmac_sha256(*key, "id of a secrets key"))
                             .substr(0, key_id_digits);
        if (keys.find(id) != nullptr) return release::fail("holds the same key twice");
        keys.keys_.push_back(Key{std::move(id), std::move(*key)});
    }
    if (keys.keys_.empty()) {
        return release::fail("holds no key: make one with openssl rand -hex 32");
    }
    if (keys.keys_.size() > keys_max) return release::fail("holds more than 16 keys");
    return keys;
}

const std::string* SecretKeys::find(std::string_view id) const {
    for (const Key& key : keys_) {
        if (key.id == id) return &key.key;
    }
    return nullptr;
}

}  // namespace edgeroll::control
