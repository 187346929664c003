// SQL fragments shared by several queries, so that they mean the same everywhere.
#pragma once

#include <string>

#include "control/store/db/dialect.hpp"
#include "release/states.hpp"
#include "release/time.hpp"

namespace edgeroll::control {

/// A release without a recorded end, which needs an owner. Includes a release with an unknown
/// status (the core fails it with a message) and a release whose final status was written by an
/// operator (its end is then recorded properly). A release that has ended stays ended whatever is
/// written to its status (docs/contract.md 4.6); only a retry begins it anew.
[[nodiscard]] inline std::string has_no_end(const std::string& table = "") {
    return table + "finished_at IS NULL";
}

/// Releases that later releases on the same nodes wait for: those not final, and those set to a
/// final status while their nodes run. `table` prefixes the columns, e.g. "other.". Counted, since
/// MariaDB would turn an EXISTS into a scan of all node rows.
[[nodiscard]] inline std::string is_unfinished(const std::string& table = "release_tasks.") {
    return "(" + has_no_end(table) + " AND (" + table +
           "status NOT IN ('success', 'failed', 'cancelled') OR (SELECT COUNT(*) FROM "
           "release_task_nodes still WHERE still.release_task_id = " +
           table + "id AND still.status = 'running') > 0))";
}

/// MySQL ignores trailing blanks when it compares words, the program does not: for both, a word
/// with a trailing blank must be unknown.
[[nodiscard]] inline std::string has_no_blank_behind(const std::string& column) {
    return "LENGTH(" + column + ") = LENGTH(RTRIM(" + column + "))";
}

/// A word outside the contract (written by an operator) counts as `running`: the core is told of it
/// as a problem and can then fail the release.
[[nodiscard]] inline std::string effective_status(const std::string& table = "") {
    return "CASE WHEN " + table +
           "status IN ('pending', 'running', 'paused', 'success', 'failed', 'cancelled') AND " +
           has_no_blank_behind(table + "status") + " THEN " + table + "status ELSE 'running' END";
}

/// An unknown word counts as no action; reading the release reports and clears it.
[[nodiscard]] inline std::string effective_action(const std::string& table = "") {
    return "CASE WHEN " + table + "requested_action IN ('pause', 'continue', 'stop') AND " +
           has_no_blank_behind(table + "requested_action") + " THEN " + table +
           "requested_action ELSE '' END";
}

/// A node row that is not started. An unknown word counts as pending: its release fails, and the
/// row is skipped with the others.
[[nodiscard]] inline std::string is_pending_row(const std::string& table = "") {
    return "(" + table +
           "status NOT IN ('running', 'success', 'failed', 'skipped', 'deferred', 'cancelled') "
           "OR NOT " +
           has_no_blank_behind(table + "status") + ")";
}

/// The release's time has come; a stop, also by a final status, waits for no time. A text that is
/// no time (SQLite accepts any) is due: reading the release then reports the problem, which would
/// otherwise stay unnoticed.
[[nodiscard]] inline std::string is_due(const Dialect& dialect) {
    const std::string time = dialect.written_time("not_before");
    return "(" + time + " IS NULL OR " + time + " <= " + dialect.now() +
           " OR requested_action = 'stop' OR status IN ('success', 'failed', 'cancelled'))";
}

/// The release is unclaimed, or its claim has expired. A lease that ends later than any claim of
/// its length can (the database's clock was set back, or an operator wrote it) has expired as well:
/// otherwise the release would have no owner for that long (docs/contract.md 4.1). Claims write
/// their length; a missing or invalid length counts as an hour.
[[nodiscard]] inline std::string is_lease_free(const Dialect& dialect) {
    constexpr const char* longest =
        "CASE WHEN lease_sec >= 0 AND lease_sec <= 86400 THEN lease_sec + 5 ELSE 3600 END";
    return "(lease_expires_at IS NULL OR lease_expires_at <= " + dialect.now() +
           " OR lease_expires_at > " + dialect.now_plus_seconds(longest) + ")";
}

/// The lease columns that a claim or its renewal writes.
[[nodiscard]] inline std::string lease_columns(const Dialect& dialect, release::Millis lease) {
    const std::string ms = std::to_string(lease.count());
    return "lease_expires_at = " + dialect.now_plus(lease) + ", lease_sec = " + ms + " / 1000.0";
}

/// For the write that ends a release: its callback becomes due (control/core/callbacks).
[[nodiscard]] inline std::string callback_falls_due() {
    return "callback_state = CASE WHEN COALESCE(callback_url, '') <> '' THEN 'due' END";
}

/// The columns of release_tasks that count rows, computed from the rows (I4). Rows that edgeroll
/// added to a success, with batch 0, are outside all totals (docs/contract.md 6.9).
[[nodiscard]] inline std::string recounted_columns() {
    return "success_nodes = (SELECT COUNT(*) FROM release_task_nodes WHERE release_task_id = "
           "release_tasks.id AND release_task_nodes.status = 'success' AND "
           "release_task_nodes.batch > 0), "
           "failed_nodes = (SELECT COUNT(*) FROM release_task_nodes WHERE release_task_id = "
           "release_tasks.id AND release_task_nodes.status = 'failed' AND release_task_nodes.batch "
           "> 0)";
}

}  // namespace edgeroll::control
