// The content that each node should have.
#pragma once

#include <vector>

#include "control/store/db/connection.hpp"
#include "control/store/fleet/fleet_member.hpp"

namespace edgeroll::control {

/// Fills in `wanted`: the content of the newest successful apply_config release that had a content
/// and was meant for the node. It was if the node has a row there that no operator cancelled and
/// that did not come late; or if the node has no row there, is enabled, and has the labels of its
/// selector, where edgeroll planned the release by labels or for all nodes, and nothing rolls it
/// back. A release whose nodes catch up counts as a success. (For a rollback the row's own
/// content.)
///
/// A few releases are read whole; nodes that none of them covers cost a query each.
void add_wanted(Connection& connection, std::vector<FleetMember>& members);

}  // namespace edgeroll::control
