// What is banned, by whichever digest (docs/contract.md 5.6).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "control/store/db/connection.hpp"
#include "release/ids.hpp"

namespace edgeroll::control {

/// What a content is called, and what those call it who do not see templates.
struct ContentNames {
    std::string sha256;
    std::string older_sha256;  ///< empty: not known, or the same
};

/// The names of a version's content, from its payload where it may have templates; a digest in the
/// row that fits by neither rule is taken as it is (the release fails on it). Nothing: it has none,
/// or none that can be read.
[[nodiscard]] std::optional<ContentNames> names_of(Connection& connection,
                                                   release::Version version);

struct Ban {
    std::string reason;  ///< may be empty
};

/// A ban by edgeroll means one content. One by a pipeline or an older process (digest_rule is NULL)
/// may have been reckoned by either rule, and bans what it fits.
[[nodiscard]] std::optional<Ban> find_ban(Connection& connection, const ContentNames& content);

/// Nothing happens when it is banned already.
/// @param is_exact sha256 was reckoned by the rule that sees templates
void add_ban(Connection& connection, const std::string& sha256, bool is_exact,
             const std::string& reason, const std::string& actor);

/// The newest ones, for agents to refuse, lower case; what is no digest is left out, since an agent
/// would refuse the dispatch for it.
[[nodiscard]] std::vector<std::string> newest_bans(Connection& connection);

}  // namespace edgeroll::control
