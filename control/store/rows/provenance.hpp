// What edgeroll itself did with a release, by its history. Columns of its own may stand in any
// INSERT, by accident or copied from another row; what they say counts only where the history bears
// it out.
#pragma once

#include <optional>
#include <string>

#include "control/store/db/connection.hpp"
#include "release/ids.hpp"

namespace edgeroll::control {

/// Whether edgeroll made this release, of this version, to undo that one.
[[nodiscard]] bool is_own_rollback(Connection& connection, release::ReleaseId id,
                                   release::Version version, release::ReleaseId undone);

/// The same as a condition for many rows at once: `table` prefixes the columns of release_tasks.
[[nodiscard]] std::string has_own_rollback(const std::string& table);

/// Whether edgeroll planned its batches: made it, or planned it at its claim.
[[nodiscard]] bool is_own_plan(Connection& connection, release::ReleaseId id);

/// Whether a retry was asked for: what it leaves behind (waived failures, catching up) is then its
/// doing.
[[nodiscard]] bool was_retried(Connection& connection, release::ReleaseId id);

}  // namespace edgeroll::control
