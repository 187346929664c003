// Parses names of the form spiffe://TRUST-DOMAIN/PATH, as strictly as SPIFFE defines them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "release/result.hpp"

namespace edgeroll::tls {

struct SpiffeId {
    std::string trust_domain;
    std::string path;  ///< with the leading slash: "/edgeroll/control"
};

/// 1 to 255 lower-case letters, digits, '.', '-' and '_'.
[[nodiscard]] bool is_trust_domain(std::string_view text);

/// Whether the text starts like a spiffe: name, in any case: if it cannot be parsed it must match
/// no name.
[[nodiscard]] bool claims_spiffe(std::string_view uri);

/// Nothing: not a valid name. A trust domain has no port and no user, a path no empty segment, no
/// '.' or '..', no '%', '?' or '#'; at most 2,048 bytes.
[[nodiscard]] std::optional<SpiffeId> parse_spiffe(std::string_view uri);

/// Parses TRUST_DOMAIN: comma-separated trust domains, blanks around them ignored; empty: none.
/// Error: one line that follows the setting's name.
[[nodiscard]] release::Result<std::vector<std::string>> parse_trust_domains(std::string_view text);

}  // namespace edgeroll::tls
