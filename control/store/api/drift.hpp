// Which content each node should have, and whether it has it.
#pragma once

#include <cstdint>
#include <vector>

#include "control/api/ports/inventory.hpp"
#include "control/store/db/connection.hpp"

namespace edgeroll::control {

/// Fills in wanted_version, wanted_sha256 and has_drift: wanted is the content of the newest
/// apply_config release that ended in success, had a content, and has the node as success or
/// deferred (of a rollback the row's own content). A node drifts while it has another content, or
/// none; not while an unfinished release has put its own there.
void add_wanted(Connection& connection, std::vector<NodeView>& nodes);

/// How many of all nodes drift. Inside the caller's transaction.
[[nodiscard]] std::int64_t count_drifting(Connection& connection);

}  // namespace edgeroll::control
