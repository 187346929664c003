// Skips rows that are still pending.
#pragma once

#include <string>

#include "control/store/db/connection.hpp"
#include "release/commit.hpp"

namespace edgeroll::control {

/// Applies `skip` to every pending row of the release, with a history row for each. False: a row
/// was added in between, and the caller must roll back.
[[nodiscard]] bool skip_pending_rows(Connection& connection, release::ReleaseId id,
                                     const std::string& actor, const release::SkipPending& skip);

}  // namespace edgeroll::control
