// The end of the audit log according to the database.
#pragma once

#include <optional>

#include "control/store/audit/audit_chain.hpp"
#include "control/store/db/connection.hpp"

namespace edgeroll::control {

/// From a row that begins with `value` and `digest` of the table counters.
[[nodiscard]] inline AuditHead audit_head_of(const Row& row) {
    AuditHead head;
    head.count = row.integer_or(0, 0);
    if (!row.is_null(1)) head.hash = row.text(1);
    return head;
}

/// Nothing when the row `audit` is missing.
[[nodiscard]] inline std::optional<AuditHead> read_audit_head(Connection& connection) {
    const Rows rows = connection.query("SELECT value, digest FROM counters WHERE name = 'audit'");
    if (rows.empty()) return std::nullopt;
    return audit_head_of(rows[0]);
}

}  // namespace edgeroll::control
