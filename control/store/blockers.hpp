// Which releases must come first (SPEC.md 4.9).
#pragma once

#include <vector>

#include "control/store/db/connection.hpp"
#include "release/ids.hpp"

namespace edgeroll::control {

/// Versions of the unfinished releases that share a node with this one and are older or already
/// started; ascending. Meant for releases that have not started: a started one waits for nobody.
[[nodiscard]] std::vector<release::Version> find_blockers(Connection& connection,
                                                          release::ReleaseId id,
                                                          release::Version version);

}  // namespace edgeroll::control
