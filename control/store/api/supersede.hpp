// A new release that replaces earlier releases (`supersede`).
#pragma once

#include <string>
#include <vector>

#include "control/store/db/connection.hpp"
#include "release/commit.hpp"

namespace edgeroll::control {

/// Earlier unfinished releases that share nodes with the plan and have no stop request yet,
/// ascending by id.
[[nodiscard]] std::vector<release::ReleaseId> find_superseded(
    Connection& connection, release::Version version,
    const std::vector<release::PlannedNode>& plan);

/// Requests a stop of each release, with history. Inside the transaction that creates the new
/// release.
void stop_superseded(Connection& connection, const std::vector<release::ReleaseId>& earlier,
                     release::Version version, const std::string& actor);

}  // namespace edgeroll::control
