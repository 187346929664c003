// Half-inserted releases: they wait, say so, and fail when nothing more comes.
#include <algorithm>

#include "sim_database.hpp"

namespace edgeroll::sim {

using namespace release;

namespace {

std::string missing(const ReleaseRow& row, int count) {
    if (row.total_nodes <= 0) return "node rows or a batch_config: there is neither";
    return "node rows: " + std::to_string(count) + " of " + std::to_string(row.total_nodes) +
           " are there";
}

}  // namespace

void SimDatabase::give_up_waiting(ReleaseRow& row, Instant now) {
    auto& rows = rows_.at(row.id);
    const std::string reason = "gave up waiting for " +
                               missing(row, static_cast<int>(rows.size())) +
                               ", and none was added for 60 s";
    row.status = ReleaseStatus::failed;
    row.batch_status = BatchStatus::stopped;
    row.last_error = reason;
    row.finished_at = now;
    skip_pending(rows, {"not dispatched: " + reason}, now);
    recount(row, rows);
}

bool SimDatabase::is_complete(ReleaseRow& row, Instant now) {
    const int count = static_cast<int>(rows_.at(row.id).size());
    if (count >= row.total_nodes && (count > 0 || row.has_batch_config)) {
        if (row.rows_seen >= 0) {
            row.rows_seen = -1;
            row.last_error.clear();
        }
        return true;
    }
    const std::string message = "waiting for " + missing(row, count);
    if (row.rows_seen != count || row.last_error != message) {
        // One look notes, a later one gives up: never both.
        if (count > row.rows_seen) row.rows_grew_at = now;
        row.rows_seen = count;
        row.last_error = message;
        return false;
    }
    const bool is_due = !row.not_before || *row.not_before <= now;
    const bool is_over = now - row.rows_grew_at >= std::chrono::seconds(60);
    if (row.status == ReleaseStatus::pending && is_due && is_over) give_up_waiting(row, now);
    return false;
}

}  // namespace edgeroll::sim
