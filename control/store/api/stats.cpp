#include "control/store/api/stats.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "control/store/rows/blockers.hpp"
#include "control/store/rows/columns.hpp"
#include "control/store/rows/sql_parts.hpp"

namespace edgeroll::control {
namespace {

using release::Millis;

constexpr const char* releases_shown = "20";
constexpr Millis finished_within{24 * 3'600'000};

/// A span is never negative, also when the clock was set back.
template <auto span>
void span_into(ReleaseTimes& times, const Field& field) {
    times.*span = Millis{std::max<std::int64_t>(field.integer_or(0), 0)};
}

void read_running(Connection& connection, Stats& stats) {
    stats.running_releases =
        connection.query("SELECT COUNT(*) FROM release_tasks WHERE status IN ('running', 'paused')")
            .at(0)
            .integer_or(0, 0);
    stats.running_nodes =
        connection
            .query(
                "SELECT COUNT(*) FROM release_tasks t JOIN release_task_nodes r ON "
                "r.release_task_id = t.id WHERE " +
                is_unfinished("t.") + " AND r.status = 'running'")
            .at(0)
            .integer_or(0, 0);
}

/// Limited to recently changed releases; otherwise the whole history would be read.
void read_finished_nodes(Connection& connection, Stats& stats) {
    const Dialect& dialect = connection.dialect();
    const std::string limit = " <= " + std::to_string(finished_within.count());
    struct Group {
        std::string status, failure_kind;
        std::int64_t nodes = 0;
    };
    const Columns<Group> columns{{"r.status", into<&Group::status>},
                                 {"COALESCE(r.failure_kind, '')", into<&Group::failure_kind>},
                                 {"COUNT(*)", into<&Group::nodes>}};
    for (const Group& group : select_rows(
             connection, columns,
             "FROM release_tasks t" + dialect.then_join() +
                 "release_task_nodes r ON r.release_task_id = t.id WHERE " +
                 dialect.age_ms("t.updated_at") + limit + " AND " +
                 dialect.age_ms("r.finished_at") + limit +
                 " AND r.status IN ('success', 'failed', 'skipped', 'deferred', 'cancelled') "
                 "GROUP BY r.status, COALESCE(r.failure_kind, '')")) {
        stats.finished_nodes[group.status] += group.nodes;
        if (group.status != "failed") continue;
        const auto kind = release::from_text<release::FailureKind>(group.failure_kind);
        const bool is_known = kind && *kind != release::FailureKind::none;
        stats.failed_by_kind[is_known ? group.failure_kind : "unknown"] += group.nodes;
    }
}

/// Leaves out to_50 and the other shares.
/// @param which rest of the statement, from its WHERE on
std::vector<ReleaseTimes> read_releases(Connection& connection, const std::string& which) {
    const Dialect& dialect = connection.dialect();
    const std::string ended = "COALESCE(" + dialect.age_ms("finished_at") + ", 0)";
    const std::string paused = "(paused_ms + CASE WHEN finished_at IS NULL THEN COALESCE(" +
                               dialect.age_ms("paused_at") + ", 0) ELSE 0 END)";
    const std::string begun = "CASE WHEN " + dialect.written_time("not_before") +
                              " > created_at THEN " + dialect.age_ms("not_before") + " ELSE " +
                              dialect.age_ms("created_at") + " END";
    const Columns<ReleaseTimes> columns{
        {"id", into<&ReleaseTimes::id>},
        {"version", into<&ReleaseTimes::version>},
        {effective_status(), word_into<release::ReleaseStatus::running, &ReleaseTimes::status>},
        {begun + " - " + dialect.age_ms("started_at"), span_into<&ReleaseTimes::queued>},
        {dialect.age_ms("started_at") + " - " + ended + " - " + paused,
         span_into<&ReleaseTimes::worked>},
        {paused, span_into<&ReleaseTimes::waited>},
    };
    return select_rows(connection, columns, "FROM release_tasks WHERE " + which);
}

/// Until that share of a release's nodes had succeeded; nothing: not reached.
struct Shares {
    release::ReleaseId id;
    std::optional<Millis> to_50, to_90, to_99, to_100;
};

template <auto moment>
void share_into(Shares& shares, const Field& field) {
    if (!field.is_null()) shares.*moment = Millis{std::max<std::int64_t>(field.integer_or(0), 0)};
}

/// The moment at which the k-th node succeeded, for the k of the share.
/// @param since a column of release_tasks. Rows that succeeded before a retry count from the start
/// of the retry.
std::vector<Shares> read_shares(Connection& connection, const std::vector<release::ReleaseId>& ids,
                                const std::string& since) {
    if (ids.empty()) return {};
    Values values;
    for (int i = 0; i < 2; ++i) {
        for (const release::ReleaseId id : ids)
            values.emplace_back(id.value);
    }
    const Dialect& dialect = connection.dialect();
    const std::string list = "(" + placeholders(ids.size()) + ")";
    const auto share = [](const char* percent) {
        return std::string("MIN(CASE WHEN place * 100 >= total * ") + percent + " THEN took END)";
    };
    const Columns<Shares> columns{
        {"release_id", into<&Shares::id>},           {share("50"), share_into<&Shares::to_50>},
        {share("90"), share_into<&Shares::to_90>},   {share("99"), share_into<&Shares::to_99>},
        {share("100"), share_into<&Shares::to_100>},
    };
    return select_rows(
        connection, columns,
        "FROM (SELECT t.id AS release_id, " + dialect.age_ms("t." + since) + " - " +
            dialect.age_ms("r.finished_at") +
            " AS took, ROW_NUMBER() OVER (PARTITION BY t.id ORDER BY r.finished_at) AS place, "
            "sums.total AS total FROM release_tasks t JOIN release_task_nodes r ON "
            "r.release_task_id = t.id JOIN (SELECT release_task_id, COUNT(*) AS total FROM "
            "release_task_nodes WHERE release_task_id IN " +
            list + " GROUP BY release_task_id) sums ON sums.release_task_id = t.id WHERE t.id IN " +
            list + " AND r.status = 'success') ranked GROUP BY release_id",
        values);
}

void add_shares(Connection& connection, std::vector<ReleaseTimes>& releases) {
    std::vector<release::ReleaseId> ids;
    ids.reserve(releases.size());
    for (const ReleaseTimes& times : releases)
        ids.push_back(times.id);
    for (const Shares& shares : read_shares(connection, ids, "started_at")) {
        const auto found = std::find_if(releases.begin(), releases.end(),
                                        [&](const auto& times) { return times.id == shares.id; });
        if (found == releases.end()) continue;
        found->to_50 = shares.to_50;
        found->to_90 = shares.to_90;
        found->to_100 = shares.to_100;
    }
}

}  // namespace

QueueFigures read_queue(Connection& connection) {
    QueueFigures queue;
    struct Pending {
        release::ReleaseId id;
        release::Version version;
        bool is_due = false;
    };
    const Columns<Pending> columns{
        {"id", into<&Pending::id>},
        {"version", into<&Pending::version>},
        {"CASE WHEN " + is_due(connection.dialect()) + " THEN 1 ELSE 0 END",
         into<&Pending::is_due>},
    };
    for (const Pending& pending :
         select_rows(connection, columns, "FROM release_tasks WHERE status = 'pending'")) {
        ++queue.pending;
        if (!find_blockers(connection, pending.id, pending.version).empty()) {
            ++queue.blocked;
        } else if (pending.is_due) {
            ++queue.due;
        }
    }
    return queue;
}

std::optional<ReleaseTimes> read_last_ended(Connection& connection) {
    // Reads the index on finished_at from its end.
    std::vector<ReleaseTimes> releases = read_releases(
        connection,
        "finished_at IS NOT NULL AND started_at IS NOT NULL ORDER BY finished_at DESC, id DESC "
        "LIMIT 1");
    add_shares(connection, releases);
    if (releases.empty()) return std::nullopt;
    return releases[0];
}

std::optional<RollbackTimes> read_last_rollback(Connection& connection) {
    // Reads the index on rolls_back from its end.
    const Rows last = connection.query(
        "SELECT id FROM release_tasks WHERE rolls_back IS NOT NULL AND finished_at IS NOT NULL "
        "ORDER BY rolls_back DESC, id DESC LIMIT 1");
    if (last.empty()) return std::nullopt;
    RollbackTimes times;
    const release::ReleaseId id{last[0].integer_or(0, 0)};
    for (const Shares& shares : read_shares(connection, {id}, "created_at")) {
        times.to_50 = shares.to_50;
        times.to_90 = shares.to_90;
        times.to_99 = shares.to_99;
    }
    return times;
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
    add_shares(connection, stats.releases);
    transaction.commit();
    return stats;
}

}  // namespace edgeroll::control
