// Rows of audit_log: one per action, in the action's own transaction (docs/adr/0022).
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

/// Appends the row to the chain, inside the caller's transaction and as its last statements, since
/// all other writers of the log wait from here to the commit. Throws Refused 5003 where the chain
/// has a key and this process has none, DbFailure when the log contradicts its count.
void append_audit(Connection& connection, const Asker& by, const AuditDeed& deed);

/// Free text for details: well-formed and limited in length.
[[nodiscard]] std::string audit_text(const std::string& text);

/// Called before the first action of a process. If its key differs from the key of the last row, a
/// row records the new key, so that no unsigned row may follow. Returns why this process can add no
/// row; empty: it can. Uses its own transaction.
[[nodiscard]] std::string open_audit(Connection& connection,
                                     const std::shared_ptr<const AuditKeys>& keys);
/// The same check without writing.
[[nodiscard]] std::string audit_complaint(Connection& connection, const AuditKeys* keys);

/// Deletes the rows up to last_id and appends an anchor row that says where the rest begins. Does
/// nothing when that row does not exist. Uses its own transaction.
void prune_audit(Connection& connection, const Asker& by, std::int64_t last_id);

}  // namespace edgeroll::control
