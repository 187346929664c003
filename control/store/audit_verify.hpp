// Verification of a whole audit log.
#pragma once

#include <vector>

#include "control/store/audit/audit_walk.hpp"
#include "control/store/db/connection.hpp"
#include "control/store/open.hpp"

namespace edgeroll::control {

/// Reads all rows in one snapshot, some hundred at a time.
[[nodiscard]] AuditReport verify_audit(Connection& connection, const AuditKeys* keys,
                                       std::vector<AuditHead> kept);

/// Verifies the database that the options name, with their keys. Read-only; blocking. Error: the
/// log could not be read.
[[nodiscard]] release::Result<AuditReport> verify_audit(const StoreOptions& options,
                                                        std::vector<AuditHead> kept);

}  // namespace edgeroll::control
