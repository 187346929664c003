// Seals secret files of a payload for the database and opens them for an agent.
//
// In config_versions a secret's `content` is replaced by
//   "sealed":{"key":ID,"nonce":BASE64,"data":BASE64,"bytes":N,"sha256":HEX}
// Digest and length stay readable, so that comparing and listing contents needs no key.
// The seal also covers path, mode, flags, digest and length, and the digest of the whole content:
// without the key none of them can be changed, and no seal can be moved to another file or content.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "control/secrets/secret_keys.hpp"
#include "release/result.hpp"

namespace edgeroll::control {

/// Seals every unsealed secret with the keys' own key; sealed ones stay as they are. Returns JSON
/// without blanks, keys in byte order.
/// @param text a payload of files, as sent or stored
[[nodiscard]] release::Result<std::string> seal_secrets(std::string_view text,
                                                        const SecretKeys& keys);

/// Returns the payload as it was sent. A payload without secrets is returned unchanged. Errors name
/// the file and the cause: no key (@param keys null), a key that SECRETS_KEY_FILE does not contain,
/// a seal that does not match, more than payload_bytes_max when opened.
[[nodiscard]] release::Result<std::string> open_secrets(std::string_view text,
                                                        const SecretKeys* keys);

/// Why open_secrets would fail; empty: it would not.
[[nodiscard]] std::string why_closed(std::string_view text, const SecretKeys* keys);

/// The same, as a reason for users who ask for a release of it.
[[nodiscard]] std::string why_not_sent(std::string_view text, const SecretKeys* keys);

/// Seals every secret with the keys' own key.
[[nodiscard]] release::Result<std::string> reseal_secrets(std::string_view text,
                                                          const SecretKeys& keys);

/// Ids of the keys that seal its secrets; an empty id stands for unsealed secrets.
[[nodiscard]] release::Result<std::set<std::string>> sealing_keys(std::string_view text);

/// The payload for people: secrets are reduced to path, mode, flags, length and digest:
/// `{"path","mode"?,"template"?,"secret":true,"bytes","sha256"}`. Text that cannot be read as a
/// payload of files is returned unchanged, unless something in it is called secret: then nothing.
[[nodiscard]] std::string without_secrets(std::string_view text);

}  // namespace edgeroll::control
