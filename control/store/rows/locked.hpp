// Rows that somebody else has locked: not waited for where that would keep others waiting, and
// named where it was waited for.
#pragma once

#include <string>

#include "control/store/db/connection.hpp"
#include "release/ids.hpp"

namespace edgeroll::control {

[[nodiscard]] inline std::string locked_text(release::ReleaseId id) {
    return "the row of release " + std::to_string(id.value) + " is locked by another session";
}

/// Runs `work`, whose first statement locks the release's row. A failure to get it says which row
/// it was.
template <class Work>
auto naming_lock(release::ReleaseId id, Work work) -> decltype(work()) {
    try {
        return work();
    } catch (DbFailure& failure) {
        if (failure.is_locked) failure.set_message(locked_text(id));
        throw;
    }
}

/// Locks the release's row for the transaction, or fails at once when it is locked. A row that is
/// gone is no failure.
inline void lock_at_once(Connection& connection, release::ReleaseId id) {
    // SQLite knows no locks of rows: whoever has begun to write has them all.
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
