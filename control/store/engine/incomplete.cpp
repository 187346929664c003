#include "control/store/engine/incomplete.hpp"

#include "control/store/rows/history.hpp"
#include "control/store/rows/locked.hpp"
#include "control/store/rows/skip_rows.hpp"
#include "control/store/rows/sql_parts.hpp"

namespace edgeroll::control {
namespace {

bool is_complete(const Awaited& awaited) {
    if (awaited.rows < awaited.total_nodes) return false;
    return awaited.rows > 0 || awaited.has_batch_config;
}

std::string missing(const Awaited& awaited) {
    if (awaited.total_nodes <= 0 && awaited.is_config_empty) {
        return "node rows: there are none, and batch_config is an empty text";
    }
    if (awaited.total_nodes <= 0) return "node rows or a batch_config: there is neither";
    return "node rows: " + std::to_string(awaited.rows) + " of " +
           std::to_string(awaited.total_nodes) + " are there";
}

std::string is_untouched(const Dialect& dialect) {
    return "id = ? AND current_batch = 0 AND " + is_unfinished() + " AND " + is_lease_free(dialect);
}

void note(Connection& connection, const Awaited& awaited, const std::string& message) {
    const Dialect& dialect = connection.dialect();
    const bool has_grown = !awaited.rows_seen || awaited.rows > *awaited.rows_seen;
    Transaction transaction(connection, Transaction::Kind::write);
    lock_at_once(connection, awaited.id);
    connection.execute(
        "UPDATE release_tasks SET rows_seen = ?, " +
            (has_grown ? "rows_seen_at = " + dialect.now() + ", " : "") +
            "last_error = ?, write_seq = write_seq + 1, updated_at = " + dialect.now() +
            " WHERE COALESCE(rows_seen, -1) = ? AND " + is_untouched(dialect),
        {awaited.rows, message, awaited.rows_seen.value_or(-1), awaited.id.value});
    transaction.commit();
}

void forget(Connection& connection, const Awaited& awaited) {
    const Dialect& dialect = connection.dialect();
    Transaction transaction(connection, Transaction::Kind::write);
    lock_at_once(connection, awaited.id);
    connection.execute(
        "UPDATE release_tasks SET rows_seen = NULL, rows_seen_at = NULL, last_error = NULL, "
        "write_seq = write_seq + 1, updated_at = " +
            dialect.now() + " WHERE rows_seen IS NOT NULL AND " + is_untouched(dialect),
        {awaited.id.value});
    transaction.commit();
}

void give_up(Connection& connection, const std::string& owner, const Awaited& awaited) {
    const Dialect& dialect = connection.dialect();
    const std::string reason = "gave up waiting for " + missing(awaited) +
                               ", and none was added for " +
                               std::to_string(row_patience.count() / 1000) + " s";
    Transaction transaction(connection, Transaction::Kind::write);
    lock_at_once(connection, awaited.id);
    const std::int64_t failed = connection.execute(
        "UPDATE release_tasks SET status = 'failed', batch_status = 'stopped', last_error = ?, "
        "finished_at = " +
            dialect.now() + ", " + callback_falls_due() + ", updated_at = " + dialect.now() +
            ", write_seq = write_seq + 1 WHERE status = 'pending' AND rows_seen = ? AND " +
            dialect.age_ms("rows_seen_at") + " >= " + std::to_string(row_patience.count()) +
            " AND " + is_due(dialect) +
            " AND (SELECT COUNT(*) FROM release_task_nodes "
            "WHERE release_task_id = release_tasks.id) = ? AND " +
            is_untouched(dialect),
        {reason, awaited.rows, awaited.rows, awaited.id.value});
    if (failed != 1) return;
    if (!skip_pending_rows(connection, awaited.id, owner, {"not dispatched: " + reason})) return;
    release::HistoryRow row;
    row.kind = "release_failed";
    row.detail.emplace_back("reason", reason);
    add_history(connection, awaited.id, owner, {row});
    connection.execute("UPDATE release_tasks SET " + recounted_columns() + " WHERE id = ?",
                       {awaited.id.value});
    transaction.commit();
}

}  // namespace

bool see_to_rows(Connection& connection, const std::string& owner, const Awaited& awaited) {
    if (is_complete(awaited)) {
        if (awaited.rows_seen) forget(connection, awaited);
        return true;
    }
    const std::string message = "waiting for " + missing(awaited);
    if (awaited.rows_seen != awaited.rows || awaited.last_error != message) {
        note(connection, awaited, message);
    } else if (awaited.is_pending && awaited.is_due && awaited.unchanged_for >= row_patience) {
        give_up(connection, owner, awaited);
    }
    return false;
}

}  // namespace edgeroll::control
