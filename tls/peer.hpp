// The names in a peer's certificate and what they allow (docs/contract.md section 2).
#pragma once

#include <openssl/types.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "release/result.hpp"
#include "tls/http_types.hpp"

namespace edgeroll::tls {

/// Reads the names in a certificate. Leaves out names that contain NUL or another control
/// character: they exist only to be read differently by two programs. Leaves `address` empty.
/// @param certificate must not be null
[[nodiscard]] Peer read_peer(const X509* certificate);

/// SHA-256 of the DER, 64 lower-case hex digits.
[[nodiscard]] std::string fingerprint_of(const X509* certificate);

/// One `uri:`, `dns:` or `cn:` pattern of AGENT_ALLOWED_CLIENTS.
struct IdentityPattern {
    enum class Kind { uri, dns, cn };
    Kind kind = Kind::uri;
    std::string text;  ///< `*` matches any text without '/'; in dns also without '.'
};

/// Parses comma-separated patterns; blanks around them are ignored. Error: one line that follows
/// the setting's name.
[[nodiscard]] release::Result<std::vector<IdentityPattern>> parse_identity_patterns(
    std::string_view text);

/// Whether the pattern matches all of `text`. uri and cn: byte by byte; dns: case-insensitive.
[[nodiscard]] bool matches(const IdentityPattern& pattern, std::string_view text);

/// For ServerOptions::judge_peer: empty when a pattern matches the peer, else the reason to refuse
/// it. Always refused: an authority's certificate, a certificate with two URI names (two roles at
/// once), a malformed spiffe: name, and an agent's name (`…/edgeroll/agent/…`). The handshake has
/// checked the chain and the client usage.
[[nodiscard]] std::string judge_client(const std::vector<IdentityPattern>& allowed,
                                       const Peer& peer);

/// The node that control expects. An empty `ip` or `name` matches nothing.
struct ExpectedAgent {
    std::string_view ip, name;
    std::string_view fingerprint;                ///< empty: not pinned
    std::span<const std::string> trust_domains;  ///< empty: any
};

/// How control verifies an agent: empty when the peer is the expected agent, else the reason and
/// the cure. With a fingerprint: exactly that certificate. Without: `ip` as IP SAN or `name` as DNS
/// SAN (no wildcards, never the common name). A spiffe: name, if present, must be
/// `spiffe://DOMAIN/edgeroll/agent/NAME` with a trusted domain and the node's name; a pin replaces
/// the name check, not the role check. An authority's certificate and two URI names are always
/// refused.
[[nodiscard]] std::string judge_agent(const Peer& peer, const ExpectedAgent& expected);

}  // namespace edgeroll::tls
