// The audit log of a database, read from end to end.
#pragma once

#include <vector>

#include "control/store/audit/audit_walk.hpp"
#include "control/store/db/connection.hpp"
#include "control/store/open.hpp"

namespace edgeroll::control {

/// All rows as they were at one moment, some hundred at a time.
[[nodiscard]] AuditReport verify_audit(Connection& connection, const AuditKeys* keys,
                                       std::vector<AuditHead> kept);

/// Of the database that the options name (and with their keys). Changes nothing; blocking. Error:
/// it could not be read.
[[nodiscard]] release::Result<AuditReport> verify_audit(const StoreOptions& options,
                                                        std::vector<AuditHead> kept);

}  // namespace edgeroll::control
