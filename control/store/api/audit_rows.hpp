// The API's reads of the audit log, and notes for events that change nothing in the database.
#pragma once

#include <vector>

#include "control/api/ports/audit.hpp"
#include "control/store/db/connection.hpp"

namespace edgeroll::control {

/// See ApiStore::note.
void write_notes(Connection& connection, const std::vector<AuditNote>& notes);

/// See ApiStore::audit. Refusals are thrown (Refused).
[[nodiscard]] AuditPage list_audit(Connection& connection, const AuditFilter& filter);

}  // namespace edgeroll::control
