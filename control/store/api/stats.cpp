#include "control/store/api/stats.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "control/store/rows/blockers.hpp"
#include "control/store/rows/sql_parts.hpp"

namespace edgeroll::control {
namespace {

using release::Millis;

constexpr const char* releases_shown = "20";
constexpr Millis finished_within{24 * 3'600'000};

Millis millis_at(const Row& row, std::size_t column) {
    return Millis{std::max<std::int64_t>(row.integer_or(column, 0), 0)};
}

void read_running(Connection& connection, Stats& stats) {
    const Row running = connection
                            .query(
                                "SELECT COUNT(*) FROM release_tasks WHERE status IN "
                                "('running', 'paused')")
                            .at(0);
    stats.running_releases = running.integer_or(0, 0);
    stats.running_nodes =
        connection
            .query(
                "SELECT COUNT(*) FROM release_tasks t JOIN release_task_nodes r ON "
                "r.release_task_id = t.id WHERE " +
                is_unfinished("t.") + " AND r.status = 'running'")
            .at(0)
            .integer_or(0, 0);
}

/// Rows of releases that changed lately: without that the whole history would be read.
void read_finished_nodes(Connection& connection, Stats& stats) {
    const Dialect& dialect = connection.dialect();
    const std::string limit = " <= " + std::to_string(finished_within.count());
    for (const Row& row : connection.query(
             "SELECT r.status, COALESCE(r.failure_kind, ''), COUNT(*) FROM release_tasks t" +
             dialect.then_join() + "release_task_nodes r ON r.release_task_id = t.id WHERE " +
             dialect.age_ms("t.updated_at") + limit + " AND " + dialect.age_ms("r.finished_at") +
             limit +
             " AND r.status IN ('success', 'failed', 'skipped', 'deferred', 'cancelled') "
             "GROUP BY r.status, COALESCE(r.failure_kind, '')")) {
        const std::string status = row.text(0);
        stats.finished_nodes[status] += row.integer_or(2, 0);
        if (status != "failed") continue;
        const auto kind = release::from_text<release::FailureKind>(row.text(1));
        const bool is_known = kind && *kind != release::FailureKind::none;
        stats.failed_by_kind[is_known ? row.text(1) : "unknown"] += row.integer_or(2, 0);
    }
}

/// Without to_50 and so on. @param which the rest of the statement, from its WHERE on
std::vector<ReleaseTimes> read_releases(Connection& connection, const std::string& which) {
    std::vector<ReleaseTimes> releases;
    const Dialect& dialect = connection.dialect();
    const std::string ended = "COALESCE(" + dialect.age_ms("finished_at") + ", 0)";
    const std::string paused = "(paused_ms + CASE WHEN finished_at IS NULL THEN COALESCE(" +
                               dialect.age_ms("paused_at") + ", 0) ELSE 0 END)";
    const std::string begun = "CASE WHEN " + dialect.written_time("not_before") +
                              " > created_at THEN " + dialect.age_ms("not_before") + " ELSE " +
                              dialect.age_ms("created_at") + " END";
    for (const Row& row : connection.query(
             "SELECT id, version, " + effective_status() + ", " + begun + " - " +
             dialect.age_ms("started_at") + ", " + dialect.age_ms("started_at") + " - " + ended +
             " - " + paused + ", " + paused + " FROM release_tasks WHERE " + which)) {
        ReleaseTimes times;
        times.id = release::ReleaseId{row.integer_or(0, 0)};
        times.version = release::Version{row.integer_or(1, 0)};
        times.status = release::from_text<release::ReleaseStatus>(row.text(2))
                           .value_or(release::ReleaseStatus::running);
        times.queued = millis_at(row, 3);
        times.worked = millis_at(row, 4);
        times.waited = millis_at(row, 5);
        releases.push_back(times);
    }
    return releases;
}

/// The moment at which the k-th node succeeded, for the k that makes up the share.
void read_shares(Connection& connection, std::vector<ReleaseTimes>& releases) {
    if (releases.empty()) return;
    Values ids;
    for (const ReleaseTimes& times : releases)
        ids.emplace_back(times.id.value);
    const Dialect& dialect = connection.dialect();
    const std::string list = "(" + placeholders(ids.size()) + ")";
    const auto share = [](const char* percent) {
        return std::string("MIN(CASE WHEN place * 100 >= total * ") + percent + " THEN took END)";
    };
    Values values = ids;
    values.insert(values.end(), ids.begin(), ids.end());
    const Rows rows = connection.query(
        "SELECT release_id, " + share("50") + ", " + share("90") + ", " + share("100") +
            " FROM (SELECT t.id AS release_id, " + dialect.age_ms("t.started_at") + " - " +
            dialect.age_ms("r.finished_at") +
            " AS took, ROW_NUMBER() OVER (PARTITION BY t.id ORDER BY r.finished_at) AS place, "
            "sums.total AS total FROM release_tasks t JOIN release_task_nodes r ON "
            "r.release_task_id = t.id JOIN (SELECT release_task_id, COUNT(*) AS total FROM "
            "release_task_nodes WHERE release_task_id IN " +
            list + " GROUP BY release_task_id) sums ON sums.release_task_id = t.id WHERE t.id IN " +
            list + " AND r.status = 'success') ranked GROUP BY release_id",
        values);
    for (const Row& row : rows) {
        const auto found = std::find_if(releases.begin(), releases.end(), [&](const auto& times) {
            return times.id.value == row.integer_or(0, 0);
        });
        if (found == releases.end()) continue;
        // Rows that succeeded before a retry began were there from its start.
        if (!row.is_null(1)) found->to_50 = millis_at(row, 1);
        if (!row.is_null(2)) found->to_90 = millis_at(row, 2);
        if (!row.is_null(3)) found->to_100 = millis_at(row, 3);
    }
}

}  // namespace

QueueFigures read_queue(Connection& connection) {
    QueueFigures queue;
    for (const Row& row :
         connection.query("SELECT id, version, CASE WHEN " + is_due(connection.dialect()) +
                          " THEN 1 ELSE 0 END FROM release_tasks WHERE status = 'pending'")) {
        ++queue.pending;
        const bool is_blocked = !find_blockers(connection, release::ReleaseId{row.integer_or(0, 0)},
                                               release::Version{row.integer_or(1, 0)})
                                     .empty();
        if (is_blocked) {
            ++queue.blocked;
        } else if (row.integer_or(2, 0) != 0) {
            ++queue.due;
        }
    }
    return queue;
}

std::optional<ReleaseTimes> read_last_ended(Connection& connection) {
    // The index on finished_at is read from its end.
    std::vector<ReleaseTimes> releases = read_releases(
        connection,
        "finished_at IS NOT NULL AND started_at IS NOT NULL ORDER BY finished_at DESC, id DESC "
        "LIMIT 1");
    read_shares(connection, releases);
    if (releases.empty()) return std::nullopt;
    return releases[0];
}

Stats read_stats(Connection& connection) {
    Transaction transaction(connection, Transaction::Kind::read);
    Stats stats;
    stats.queue = read_queue(connection);
    read_running(connection, stats);
    read_finished_nodes(connection, stats);
    stats.releases = read_releases(
        connection, std::string("started_at IS NOT NULL ORDER BY started_at DESC, id DESC LIMIT ") +
                        releases_shown);
    read_shares(connection, stats.releases);
    transaction.commit();
    return stats;
}

}  // namespace edgeroll::control
