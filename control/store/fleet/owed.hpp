// Which nodes are owed a content that they lack, and what keeps them from getting it.
#pragma once

#include <optional>
#include <vector>

#include "control/core/reconciler.hpp"
#include "control/store/db/connection.hpp"
#include "control/store/fleet/template_book.hpp"

namespace edgeroll::control {

/// Of the enabled online nodes that are not plainly as the newest success left them, in the order
/// of their ids after `cursor`, at most `nodes_max`.
/// @param nodes_max nothing: all of them
[[nodiscard]] OwedNodes find_owed(Connection& connection, TemplateBook& templates,
                                  std::optional<release::NodeId> cursor,
                                  std::optional<int> nodes_max);

/// Drops the nodes that are owed the release no more, or that others have served meanwhile, as the
/// rows say now. Inside the caller's transaction.
void keep_owed(Connection& connection, TemplateBook& templates,
               const release::ReconcileRules& rules, release::ReleaseId id,
               std::vector<release::OwedNode>& nodes);

/// What was done of late.
[[nodiscard]] release::ReconcilePace read_pace(Connection& connection);

/// OwedRelease::is_proven.
[[nodiscard]] bool is_proven_of_late(Connection& connection, release::ReleaseId id);

/// Fills in what was done of late for the nodes (OwedNode::ended to since_put_off).
void add_past(Connection& connection, std::vector<release::OwedNode>& nodes);

}  // namespace edgeroll::control
