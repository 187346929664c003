// Pieces of SQL that several queries share, so that they mean the same everywhere.
#pragma once

#include <string>

#include "control/store/db/dialect.hpp"
#include "release/states.hpp"
#include "release/time.hpp"

namespace edgeroll::control {

/// What somebody has to see to: whatever has no recorded end. Also a release whose status is no
/// known word (the core fails it and says why), and one whose final status was written by hand (its
/// end is recorded, with what belongs to an end). One that has ended stays ended whatever is
/// written into its status afterwards (docs/contract.md 4.6); only a retry begins it anew.
[[nodiscard]] inline std::string has_no_end(const std::string& table = "") {
    return table + "finished_at IS NULL";
}

/// What later releases on its nodes wait for: what is not final, and what was set to a final status
/// while its nodes run. `table` prefixes the columns, e.g. "other.". Counted, since MariaDB would
/// make an EXISTS into a scan of every node row there is.
[[nodiscard]] inline std::string is_unfinished(const std::string& table = "release_tasks.") {
    return "(" + has_no_end(table) + " AND (" + table +
           "status NOT IN ('success', 'failed', 'cancelled') OR (SELECT COUNT(*) FROM "
           "release_task_nodes still WHERE still.release_task_id = " +
           table + "id AND still.status = 'running') > 0))";
}

/// MySQL compares words as if blanks stood behind the shorter one, the program does not: to both, a
/// word with a blank behind it must be no known word.
[[nodiscard]] inline std::string has_no_blank_behind(const std::string& column) {
    return "LENGTH(" + column + ") = LENGTH(RTRIM(" + column + "))";
}

/// A word that is not in the contract (written by hand) counts as `running`: the core, which is
/// told of it as a problem, can then fail the release.
[[nodiscard]] inline std::string effective_status(const std::string& table = "") {
    return "CASE WHEN " + table +
           "status IN ('pending', 'running', 'paused', 'success', 'failed', 'cancelled') AND " +
           has_no_blank_behind(table + "status") + " THEN " + table + "status ELSE 'running' END";
}

/// An unknown word counts as no action; reading the release says so and clears it.
[[nodiscard]] inline std::string effective_action(const std::string& table = "") {
    return "CASE WHEN " + table + "requested_action IN ('pause', 'continue', 'stop') AND " +
           has_no_blank_behind(table + "requested_action") + " THEN " + table +
           "requested_action ELSE '' END";
}

/// A node row that nobody has started. An unknown word counts as that: its release fails, and the
/// row is skipped with the others.
[[nodiscard]] inline std::string is_pending_row(const std::string& table = "") {
    return "(" + table +
           "status NOT IN ('running', 'success', 'failed', 'skipped', 'deferred', 'cancelled') "
           "OR NOT " +
           has_no_blank_behind(table + "status") + ")";
}

/// Its time has come; a stop, also one by a final status, waits for no time. A text that is no time
/// (SQLite takes any) is due: reading the release says so as a problem, instead of nobody ever
/// saying anything.
[[nodiscard]] inline std::string is_due(const Dialect& dialect) {
    const std::string time = dialect.written_time("not_before");
    return "(" + time + " IS NULL OR " + time + " <= " + dialect.now() +
           " OR requested_action = 'stop' OR status IN ('success', 'failed', 'cancelled'))";
}

/// Nobody has claimed it, or the claim has run out. A lease that ends later than any claim of its
/// length can (the database's clock was set back, or a hand wrote it) has run out as well: nobody
/// would look after the release for as long as that (docs/contract.md 4.1). Claims write their
/// length; without one, or with one that is none, it is an hour.
[[nodiscard]] inline std::string is_lease_free(const Dialect& dialect) {
    constexpr const char* longest =
        "CASE WHEN lease_sec >= 0 AND lease_sec <= 86400 THEN lease_sec + 5 ELSE 3600 END";
    return "(lease_expires_at IS NULL OR lease_expires_at <= " + dialect.now() +
           " OR lease_expires_at > " + dialect.now_plus_seconds(longest) + ")";
}

/// What a claim or its renewal writes of its lease.
[[nodiscard]] inline std::string lease_columns(const Dialect& dialect, release::Millis lease) {
    const std::string ms = std::to_string(lease.count());
    return "lease_expires_at = " + dialect.now_plus(lease) + ", lease_sec = " + ms + " / 1000.0";
}

/// In the write that ends a release: whoever asked for it is to be told (control/core/callbacks).
[[nodiscard]] inline std::string callback_falls_due() {
    return "callback_state = CASE WHEN COALESCE(callback_url, '') <> '' THEN 'due' END";
}

/// The columns of release_tasks that count rows, from the rows (I4).
[[nodiscard]] inline std::string recounted_columns() {
    return "success_nodes = (SELECT COUNT(*) FROM release_task_nodes WHERE release_task_id = "
           "release_tasks.id AND release_task_nodes.status = 'success'), "
           "failed_nodes = (SELECT COUNT(*) FROM release_task_nodes WHERE release_task_id = "
           "release_tasks.id AND release_task_nodes.status = 'failed')";
}

}  // namespace edgeroll::control
