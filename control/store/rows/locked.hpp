// Rows locked by other sessions: fails at once where waiting would keep others waiting, and names
// the row after a wait.
#pragma once

#include <string>

#include "control/store/db/connection.hpp"
#include "release/ids.hpp"

namespace edgeroll::control {

[[nodiscard]] inline std::string locked_text(release::ReleaseId id) {
    return "the row of release " + std::to_string(id.value) + " is locked by another session";
}

/// Runs `work`, whose first statement locks the release's row. A lock failure names the row.
template <class Work>
auto naming_lock(release::ReleaseId id, Work work) -> decltype(work()) {
    try {
        return work();
    } catch (DbFailure& failure) {
        if (failure.is_locked) failure.set_message(locked_text(id));
        throw;
    }
}

/// Locks the release's row for the transaction, or fails at once when it is locked. A deleted row
/// is no failure.
inline void lock_at_once(Connection& connection, release::ReleaseId id) {
    // SQLite has no row locks: a write transaction locks the whole database.
    if (!connection.dialect().is_mysql()) return;
    const Rows mine = connection.query(
        "SELECT id FROM release_tasks WHERE id = ? FOR UPDATE SKIP LOCKED", {id.value});
    if (!mine.empty()) return;
    if (connection.query("SELECT id FROM release_tasks WHERE id = ?", {id.value}).empty()) return;
    DbFailure failure(locked_text(id), release::Outcome::not_done);
    failure.is_locked = true;
    throw failure;
}

}  // namespace edgeroll::control
