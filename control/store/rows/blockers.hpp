// Which releases must come first (docs/contract.md 4.9).
#pragma once

#include <string>
#include <vector>

#include "control/store/db/connection.hpp"
#include "release/ids.hpp"

namespace edgeroll::control {

/// Versions of the unfinished releases that share a node with this one and are older or already
/// started; ascending. Meant for releases that have not started: a started one waits for nobody.
[[nodiscard]] std::vector<release::Version> find_blockers(Connection& connection,
                                                          release::ReleaseId id,
                                                          release::Version version);

/// A condition: the release of the parameter has a node of `other_id`, a column. At most as many
/// rows are read as the release has.
[[nodiscard]] std::string shares_a_node_with(const Dialect& dialect, const std::string& other_id);

}  // namespace edgeroll::control
