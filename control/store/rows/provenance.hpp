// What edgeroll itself did with a release, according to its history. Any INSERT may fill edgeroll's
// own columns, by accident or copied from another row; their values count only where the history
// confirms them.
#pragma once

#include <optional>
#include <string>

#include "control/store/db/connection.hpp"
#include "release/ids.hpp"

namespace edgeroll::control {

/// Whether edgeroll made this release, with this version, to undo the other release.
[[nodiscard]] bool is_own_rollback(Connection& connection, release::ReleaseId id,
                                   release::Version version, release::ReleaseId undone);

/// The same as a condition for many rows: `table` prefixes the columns of release_tasks.
[[nodiscard]] std::string has_own_rollback(const std::string& table);

/// Whether edgeroll planned its batches, at creation or at its claim.
[[nodiscard]] bool is_own_plan(Connection& connection, release::ReleaseId id);

/// Whether a retry was requested: waived failures and catching up are then set by the retry.
[[nodiscard]] bool was_retried(Connection& connection, release::ReleaseId id);

}  // namespace edgeroll::control
