// Half-inserted releases: they wait, report it, and are given up if no more rows come.
#include "sim_database.hpp"

namespace edgeroll::sim {

using namespace release;

AwaitedRows SimDatabase::awaited_rows(const ReleaseRow& row) const {
    return {row.total_nodes, static_cast<std::int64_t>(rows_.at(row.id).size()),
            row.has_batch_config, false};
}

SimDatabase::RowsState SimDatabase::see_to_rows(ReleaseRow& row, Instant now) {
    const AwaitedRows awaited = awaited_rows(row);
    if (are_complete(awaited)) {
        if (row.rows_seen >= 0) {
            row.rows_seen = -1;
            row.last_error.clear();
        }
        return RowsState::complete;
    }
    const int count = static_cast<int>(awaited.rows);
    const bool is_noted = row.rows_seen == count;
    const bool is_due = !row.not_before || *row.not_before <= now;
    const bool is_over = now - row.rows_grew_at >= row_patience;
    // One look records, a later look finds it overdue: never both at once.
    if (is_noted && is_over && is_due && row.status == ReleaseStatus::pending) {
        return RowsState::overdue;
    }
    if (count > row.rows_seen) row.rows_grew_at = now;
    row.rows_seen = count;
    row.last_error = waiting_text(awaited);
    return RowsState::awaited;
}

}  // namespace edgeroll::sim
