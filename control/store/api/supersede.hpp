// A new release that takes the place of earlier ones (`supersede`).
#pragma once

#include <string>
#include <vector>

#include "control/store/db/connection.hpp"
#include "release/commit.hpp"

namespace edgeroll::control {

/// Earlier unfinished releases that share nodes with the plan and are not being stopped already,
/// ascending by id.
[[nodiscard]] std::vector<release::ReleaseId> find_superseded(
    Connection& connection, release::Version version,
    const std::vector<release::PlannedNode>& plan);

/// Inside the transaction that makes the release: asks each of them to stop, with history.
void stop_superseded(Connection& connection, const std::vector<release::ReleaseId>& earlier,
                     release::Version version, const std::string& actor);

}  // namespace edgeroll::control
