// Banned contents, by either digest (docs/contract.md 5.6).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "control/store/db/connection.hpp"
#include "release/ids.hpp"

namespace edgeroll::control {

/// The digests of a content: by the current rule and by the rule without templates.
struct ContentNames {
    std::string sha256;
    std::string older_sha256;  ///< empty: unknown, or equal to the other digest
};

/// The digests of a version's content, computed from its payload where it may have templates; a
/// digest in the row that fits neither rule is returned unchanged (the release fails on it).
/// Nothing: the content is missing or unreadable.
[[nodiscard]] std::optional<ContentNames> names_of(Connection& connection,
                                                   release::Version version);

struct Ban {
    std::string sha256;  ///< key of the row
    std::string reason;  ///< may be empty
};

/// A ban by edgeroll bans one content. A ban by a pipeline or an older process (digest_rule is
/// NULL) may have been computed by either rule, and bans every content that it fits.
[[nodiscard]] std::optional<Ban> find_ban(Connection& connection, const ContentNames& content);

/// Does nothing when the digest is already banned. Returns whether the row is new.
/// @param is_exact sha256 was computed by the rule with templates
bool add_ban(Connection& connection, const std::string& sha256, bool is_exact,
             const std::string& reason, const std::string& actor);

/// The newest bans, for agents to refuse, in lower case. Malformed digests are left out, since an
/// agent would refuse the whole dispatch.
[[nodiscard]] std::vector<std::string> newest_bans(Connection& connection);

}  // namespace edgeroll::control
