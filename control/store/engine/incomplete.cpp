#include "control/store/engine/incomplete.hpp"

#include "control/store/rows/locked.hpp"
#include "control/store/rows/sql_parts.hpp"

namespace edgeroll::control {
namespace {

std::string is_untouched(const Dialect& dialect) {
    return "id = ? AND current_batch = 0 AND " + is_unfinished() + " AND " + is_lease_free(dialect);
}

void note(Connection& connection, const Awaited& awaited, const std::string& message) {
    const Dialect& dialect = connection.dialect();
    const bool has_grown = !awaited.rows_seen || awaited.rows.rows > *awaited.rows_seen;
    Transaction transaction(connection, Transaction::Kind::write);
    lock_at_once(connection, awaited.id);
    connection.execute(
        "UPDATE release_tasks SET rows_seen = ?, " +
            (has_grown ? "rows_seen_at = " + dialect.now() + ", " : "") +
            "last_error = ?, write_seq = write_seq + 1, updated_at = " + dialect.now() +
            " WHERE COALESCE(rows_seen, -1) = ? AND " + is_untouched(dialect),
        {awaited.rows.rows, message, awaited.rows_seen.value_or(-1), awaited.id.value});
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

}  // namespace

RowsState see_to_rows(Connection& connection, const Awaited& awaited) {
    if (are_complete(awaited.rows)) {
        if (awaited.rows_seen) forget(connection, awaited);
        return RowsState::complete;
    }
    const std::string message = waiting_text(awaited.rows);
    const bool is_noted = awaited.rows_seen == awaited.rows.rows;
    const bool is_over = awaited.unchanged_for >= release::row_patience;
    if (is_noted && is_over && awaited.is_pending && awaited.is_due) return RowsState::overdue;
    if (!is_noted || awaited.last_error != message) note(connection, awaited, message);
    return RowsState::awaited;
}

}  // namespace edgeroll::control
