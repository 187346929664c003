// Rows of audit_log: one for each deed, in the deed's own transaction (docs/adr/0022).
#pragma once

#include <memory>
#include <string>

#include "control/api/ports/asker.hpp"
#include "control/api/ports/audit.hpp"
#include "control/store/audit/audit_chain.hpp"
#include "control/store/db/connection.hpp"
#include "release/wire/json_util.hpp"

namespace edgeroll::control {

struct AuditDeed {
    std::string action;  ///< e.g. `node.change` (docs/api.md)
    std::string object;  ///< e.g. `node:7`; may be empty
    release::wire::Json detail = release::wire::Json::object();
};

/// Adds the row to the end of the chain, inside the caller's transaction: as its last statements,
/// since everybody else who would add one waits from here to the commit. Throws Refused 5003 where
/// the chain has a key and this process none, DbFailure when the log contradicts its count.
void append_audit(Connection& connection, const Asker& by, const AuditDeed& deed);

/// Free text as it goes into details: well-formed, and not longer than people read.
[[nodiscard]] std::string audit_text(const std::string& text);

/// Before the first deed of a process. Its key, where it is another than that of the last row, is
/// written down as a row of its own, so that no row without it may follow. Returns why this process
/// can add no row; empty: it can. With its own transaction.
[[nodiscard]] std::string open_audit(Connection& connection,
                                     const std::shared_ptr<const AuditKeys>& keys);
/// The same question, and nothing is written.
[[nodiscard]] std::string audit_complaint(Connection& connection, const AuditKeys* keys);

/// Takes the rows up to this one away and leaves an anchor row at the end of the chain, which says
/// where the rest begins. Nothing is done where that row is not there. With its own transaction.
void prune_audit(Connection& connection, const Asker& by, std::int64_t last_id);

}  // namespace edgeroll::control
