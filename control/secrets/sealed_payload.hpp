// Secret files of a payload, sealed for the database and opened for an agent.
//
// In config_versions a secret's `content` is replaced by
//   "sealed":{"key":ID,"nonce":BASE64,"data":BASE64,"bytes":N,"sha256":HEX}
// Digest and length stay readable, so that whoever only compares or lists contents needs no key.
// The seal covers path, mode, flags, digest and length as well, and the digest of the whole
// content: none of them can be changed, and no seal moved to another file or content, without the
// key.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "control/secrets/secret_keys.hpp"
#include "release/result.hpp"

namespace edgeroll::control {

/// The payload with every secret that is not sealed yet sealed by the keys' own key; sealed ones
/// stay as they are. JSON without blanks, keys in byte order. @param text a payload of files, as it
/// is sent or stored
[[nodiscard]] release::Result<std::string> seal_secrets(std::string_view text,
                                                        const SecretKeys& keys);

/// The payload as it was sent. A payload without secrets is given back as it is. Errors name the
/// file and what is wrong: no key (@param keys null), a key that SECRETS_KEY_FILE does not hold, a
/// seal that does not fit, more than payload_bytes_max when it is open.
[[nodiscard]] release::Result<std::string> open_secrets(std::string_view text,
                                                        const SecretKeys* keys);

/// Why open_secrets cannot; empty: it can.
[[nodiscard]] std::string why_closed(std::string_view text, const SecretKeys* keys);

/// The same for people who ask for a release of it.
[[nodiscard]] std::string why_not_sent(std::string_view text, const SecretKeys* keys);

/// The payload with every secret sealed by the keys' own key.
[[nodiscard]] release::Result<std::string> reseal_secrets(std::string_view text,
                                                          const SecretKeys& keys);

/// By which keys its secrets are sealed; an empty id stands for secrets that are not.
[[nodiscard]] release::Result<std::set<std::string>> sealing_keys(std::string_view text);

/// The payload for people: of a secret path, mode, flags, length and digest.
/// `{"path","mode"?,"template"?,"secret":true,"bytes","sha256"}`. Whatever cannot be read as a
/// payload of files is given back as it is, unless something in it is called secret: then nothing.
[[nodiscard]] std::string without_secrets(std::string_view text);

}  // namespace edgeroll::control
