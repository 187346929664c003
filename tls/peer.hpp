// Who is at the other end: a certificate's names, and what they are good for (docs/contract.md
// section 2).
#pragma once

#include <openssl/types.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "release/result.hpp"
#include "tls/http_types.hpp"

namespace edgeroll::tls {

/// The names in a certificate. A name that holds a NUL or another control character is left out:
/// such names exist only to be read differently by two programs. `address` is left to the caller.
/// @param certificate must not be null
[[nodiscard]] Peer read_peer(const X509* certificate);

/// SHA-256 of the DER, 64 lower-case hex digits.
[[nodiscard]] std::string fingerprint_of(const X509* certificate);

/// One `uri:`, `dns:` or `cn:` pattern of AGENT_ALLOWED_CLIENTS.
struct IdentityPattern {
    enum class Kind { uri, dns, cn };
    Kind kind = Kind::uri;
    std::string text;  ///< `*` stands for any text without '/'; in dns also without '.'
};

/// Comma-separated patterns, blanks around them ignored. Error: one line in words that follow the
/// setting's name.
[[nodiscard]] release::Result<std::vector<IdentityPattern>> parse_identity_patterns(
    std::string_view text);

/// Whether the whole of `text` fits the pattern. uri and cn: byte by byte; dns: any case.
[[nodiscard]] bool matches(const IdentityPattern& pattern, std::string_view text);

/// For ServerOptions::judge_peer: empty when one of the patterns fits the peer, else the reason to
/// refuse it. Whatever the patterns say, nobody commands with an authority's certificate, with two
/// URI names (it claims two roles at once), with a spiffe: name that is none, or with an agent's
/// (`…/edgeroll/agent/…`). That the certificate chains and may be a client's was checked in the
/// handshake.
[[nodiscard]] std::string judge_client(const std::vector<IdentityPattern>& allowed,
                                       const Peer& peer);

/// The node that control means to talk to. `ip` and `name` may be empty: then they fit nothing.
struct ExpectedAgent {
    std::string_view ip, name;
    std::string_view fingerprint;                ///< empty: not pinned
    std::span<const std::string> trust_domains;  ///< empty: any
};

/// How control knows an agent: empty when it is the one, else what is wrong and the cure. With a
/// fingerprint exactly that certificate, without one `ip` as IP SAN or `name` as DNS SAN (no
/// wildcards, never the common name). A spiffe: name, where there is one, must be
/// `spiffe://DOMAIN/edgeroll/agent/NAME` of one of the trust domains, with the node's name; a pin
/// stands in for the name, not for the role. Never an authority's certificate, nor two URI names.
[[nodiscard]] std::string judge_agent(const Peer& peer, const ExpectedAgent& expected);

}  // namespace edgeroll::tls
