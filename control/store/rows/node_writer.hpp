// Writes the rows of release_task_nodes that a commit adds and changes.
#pragma once

#include <vector>

#include "control/core/ports.hpp"
#include "control/store/db/connection.hpp"

namespace edgeroll::control {

/// Inside the caller's transaction. False: one of the rows already exists.
[[nodiscard]] bool add_planned_rows(Connection& connection, release::ReleaseId id,
                                    const std::vector<release::PlannedNode>& planned);

/// The history row of the change.
[[nodiscard]] release::HistoryRow node_history(const release::NodeChange& change);

/// Inside the caller's transaction, without history. False: a row is no longer in its `from`
/// status, or was replaced by another row.
[[nodiscard]] bool write_node_changes(Connection& connection, const Claim& claim,
                                      const std::vector<release::NodeChange>& changes);

/// Inside the caller's transaction. Rows that no longer run that task stay unchanged.
void write_progress(Connection& connection, release::ReleaseId id,
                    const std::vector<release::ProgressChange>& changes);

}  // namespace edgeroll::control
