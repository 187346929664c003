// Rows that wait for their turn and are not to get it any more.
#pragma once

#include <string>

#include "control/store/db/connection.hpp"
#include "release/commit.hpp"

namespace edgeroll::control {

/// Does to every row of the release that is still pending what `skip` says, with a history row for
/// each. False: a row was added in between, so that the caller must undo its transaction.
[[nodiscard]] bool skip_pending_rows(Connection& connection, release::ReleaseId id,
                                     const std::string& actor, const release::SkipPending& skip);

}  // namespace edgeroll::control
