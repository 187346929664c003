// The content that each node should have, and whether the node has it.
#pragma once

#include <cstdint>
#include <vector>

#include "control/api/ports/inventory.hpp"
#include "control/store/db/connection.hpp"

namespace edgeroll::control {

/// Fills in wanted_version, wanted_sha256 and has_drift. Wanted is the content of the newest
/// successful apply_config release that had a content and has the node as success or deferred (for
/// a rollback the row's own content). A node drifts while it has another content or none, unless an
/// unfinished release has put its own content there.
void add_wanted(Connection& connection, std::vector<NodeView>& nodes);

/// Number of drifting nodes among all nodes. Inside the caller's transaction.
[[nodiscard]] std::int64_t count_drifting(Connection& connection);

}  // namespace edgeroll::control
