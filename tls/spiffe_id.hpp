// Names of the form spiffe://TRUST-DOMAIN/PATH, read as strictly as SPIFFE has them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "release/result.hpp"

namespace edgeroll::tls {

struct SpiffeId {
    std::string trust_domain;
    std::string path;  ///< with its first slash: "/edgeroll/control"
};

/// 1 to 255 lower-case letters, digits, '.', '-' and '_'.
[[nodiscard]] bool is_trust_domain(std::string_view text);

/// Whether it means to be one, in whatever spelling: what then cannot be read is nobody's name.
[[nodiscard]] bool claims_spiffe(std::string_view uri);

/// Nothing: no such name. A trust domain has no port and no user, a path no empty segment, no '.'
/// or '..', no '%', '?' or '#'; at most 2,048 bytes.
[[nodiscard]] std::optional<SpiffeId> parse_spiffe(std::string_view uri);

/// TRUST_DOMAIN: comma-separated trust domains, blanks around them ignored; empty: none. Error: one
/// line in words that follow the setting's name.
[[nodiscard]] release::Result<std::vector<std::string>> parse_trust_domains(std::string_view text);

}  // namespace edgeroll::tls
