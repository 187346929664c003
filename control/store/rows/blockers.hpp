// Releases that must end before another release (docs/contract.md 4.9).
#pragma once

#include <string>
#include <vector>

#include "control/store/db/connection.hpp"
#include "release/ids.hpp"

namespace edgeroll::control {

/// Versions of the unfinished releases that share a node with this release and go first, ascending:
/// those that have started, then rollbacks, then older ones. A rollback waits for no release that
/// has not started, but for older rollbacks, and not for the release that it undoes, which is left
/// node by node; nor does that one wait for it. For releases that have not started: a started
/// release waits for no other release.
[[nodiscard]] std::vector<release::Version> find_blockers(Connection& connection,
                                                          release::ReleaseId id,
                                                          release::Version version);

/// A condition: the release of the parameter shares a node with the release in `other_id`, a
/// column. Reads at most as many rows as the release has.
[[nodiscard]] std::string shares_a_node_with(const Dialect& dialect, const std::string& other_id);

}  // namespace edgeroll::control
