// A new release that undoes a finished one (docs/contract.md section 6).
#pragma once

#include <optional>
#include <string>

#include "control/api/ports/steering.hpp"
#include "control/store/db/connection.hpp"

namespace edgeroll::control {

/// See ApiStore::roll_back. Refusals are thrown (Refused).
[[nodiscard]] RolledBack roll_back_release(Connection& connection, const RollbackRequest& request);

/// A dry run of it: what it would do now. Refusals are thrown (Refused).
[[nodiscard]] RolledBack preview_rollback(Connection& connection, const RollbackRequest& request);

/// The same for whoever looks at the release: nothing where its own state allows no rollback.
[[nodiscard]] std::optional<RollbackOutlook> rollback_outlook(Connection& connection,
                                                              release::ReleaseId id);

/// roll_back_release inside the caller's transaction, which has written the release's row already
/// and so holds it. An error (3003): nothing was written.
[[nodiscard]] release::Result<RolledBack> create_rollback(Connection& connection,
                                                          const RollbackRequest& request);

/// on_failure: rollback. Inside the transaction that has just finished the release; what stands in
/// the way becomes a history row, `rollback_refused`. A rollback is never rolled back by itself:
/// that would go on for ever.
void roll_back_by_itself(Connection& connection, release::ReleaseId id);

}  // namespace edgeroll::control
