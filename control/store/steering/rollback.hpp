// A new release that undoes a finished one (docs/contract.md section 6).
#pragma once

#include <optional>
#include <string>

#include "control/api/ports/steering.hpp"
#include "control/store/db/connection.hpp"

namespace edgeroll::control {

/// See ApiStore::roll_back. Throws Refused.
[[nodiscard]] RolledBack roll_back_release(Connection& connection, const RollbackRequest& request);

/// A dry run: what a rollback would do now. Throws Refused.
[[nodiscard]] RolledBack preview_rollback(Connection& connection, const RollbackRequest& request);

/// The same for views of the release: nothing where its own state allows no rollback.
[[nodiscard]] std::optional<RollbackOutlook> rollback_outlook(Connection& connection,
                                                              release::ReleaseId id);

/// roll_back_release inside the caller's transaction, which has already written, and so locked, the
/// release's row. On an error (3003) nothing was written.
[[nodiscard]] release::Result<RolledBack> create_rollback(Connection& connection,
                                                          const RollbackRequest& request);

/// on_failure: rollback. Inside the transaction that has just finished the release; an obstacle
/// becomes a history row, `rollback_refused`. A rollback is never rolled back automatically, which
/// could repeat for ever.
void roll_back_by_itself(Connection& connection, release::ReleaseId id);

}  // namespace edgeroll::control
