#include "control/store/api/releases.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <utility>

#include "control/store/api/drift.hpp"
#include "control/store/api/page_size.hpp"
#include "control/store/api/pool_occupancy.hpp"
#include "control/store/api/stats.hpp"
#include "control/store/rows/blockers.hpp"
#include "control/store/rows/column_text.hpp"
#include "control/store/rows/id_at.hpp"
#include "control/store/rows/provenance.hpp"
#include "control/store/rows/sql_parts.hpp"
#include "control/store/rows/version_range.hpp"
#include "release/missing_rows.hpp"
#include "release/wire/batch_config.hpp"

namespace edgeroll::control {
namespace {

std::string summary_columns(const Dialect& dialect) {
    return "id, type, target, version, status, batch_status, current_batch, total_batches, "
           "total_nodes, success_nodes, failed_nodes, last_error, reason, created_by, "
           "requested_action, claimed_by, " +
           dialect.rfc3339("created_at") + ", " + dialect.rfc3339("updated_at") + ", " +
           dialect.rfc3339("started_at") + ", " + dialect.rfc3339("finished_at") + ", " +
           dialect.rfc3339("not_before") + ", CASE WHEN not_before IS NULL OR " +
           dialect.written_time("not_before") + " <= " + dialect.now() +
           " THEN 1 ELSE 0 END, CASE WHEN " + is_lease_free(dialect) +
           " THEN 0 ELSE 1 END, hold, " + dialect.rfc3339("hold_until") +
           ", waived_failures, CASE WHEN " + has_own_rollback("release_tasks.") +
           " THEN rolls_back END, from_release, callback_url, batch_config, "
           "content_sha256, CASE WHEN rows_seen IS NOT NULL AND current_batch = 0 THEN " +
           dialect.rfc3339(dialect.later("rows_seen_at", release::row_patience)) +
           " END, paused_ms, batch_work_start_ms, CASE WHEN current_batch > 0 AND "
           "started_batch_epoch = claim_epoch THEN started_batch END, " +
           dialect.rfc3339("lease_expires_at") +
           ", CASE WHEN content_sha256 = 'reload' THEN 1 WHEN "
           "COALESCE(content_sha256, '') <> '' OR " +
           has_own_rollback("release_tasks.") +
           " OR (SELECT COUNT(*) FROM config_versions c WHERE c.version = release_tasks.version) > "
           "0 THEN 0 ELSE 1 END";
}

/// Columns 23 and on of summary_columns.
void read_steering(ReleaseSummary& summary, const Row& row) {
    // A word that nobody knows waits for an operator.
    summary.hold = release::from_text<release::Hold>(row.text(23)).value_or(release::Hold::review);
    summary.hold_until = row.text(24);
    summary.waived_failures = row.small(25);
    summary.rolls_back = id_at(row, 26);
    summary.from_release = id_at(row, 27);
    summary.callback_url = row.text(28);
    summary.batch_config = row.text(29);
    summary.content_sha256 = row.text(30);
    summary.rows_until = row.text(31);
    summary.paused = release::Millis{row.integer_or(32, 0)};
    summary.batch_work_start = release::Millis{row.integer_or(33, 0)};
    if (row.integer(34)) summary.started_batch = row.small(34);
    summary.lease_until = row.text(35);
    const auto type = release::from_text<release::TaskType>(summary.type);
    summary.is_reload_only =
        type == release::TaskType::reload ||
        (type == release::TaskType::apply_config && row.integer_or(36, 0) != 0);
}

ReleaseSummary summary_of(const Row& row) {
    ReleaseSummary summary;
    summary.id = release::ReleaseId{row.integer_or(0, 0)};
    summary.type = row.text(1);
    summary.target = row.text(2);
    summary.version = release::Version{row.integer_or(3, 0)};
    summary.status = release::from_text<release::ReleaseStatus>(row.text(4))
                         .value_or(release::ReleaseStatus::running);
    summary.batch_status =
        release::from_text<release::BatchStatus>(row.text(5)).value_or(release::BatchStatus::none);
    summary.current_batch = row.small(6);
    summary.total_batches = row.small(7);
    summary.total_nodes = row.small(8);
    summary.success_nodes = row.small(9);
    summary.failed_nodes = row.small(10);
    summary.last_error = row.text(11);
    summary.reason = row.text(12);
    summary.created_by = row.text(13);
    summary.requested_action = row.text(14);
    summary.claimed_by = row.text(15);
    summary.created_at = row.text(16);
    summary.updated_at = row.text(17);
    summary.started_at = row.text(18);
    summary.finished_at = row.text(19);
    summary.not_before = row.text(20);
    summary.is_due = row.integer_or(21, 1) != 0;
    summary.has_lease = row.integer_or(22, 0) != 0;
    read_steering(summary, row);
    return summary;
}

void add_count(release::StatusCounts& counts, const std::string& word, int number) {
    switch (release::from_text<release::NodeStatus>(word).value_or(release::NodeStatus::pending)) {
        case release::NodeStatus::pending:
            counts.pending += number;
            break;
        case release::NodeStatus::running:
            counts.running += number;
            break;
        case release::NodeStatus::success:
            counts.success += number;
            break;
        case release::NodeStatus::failed:
            counts.failed += number;
            break;
        case release::NodeStatus::skipped:
            counts.skipped += number;
            break;
        case release::NodeStatus::deferred:
            counts.deferred += number;
            break;
        case release::NodeStatus::cancelled:
            counts.cancelled += number;
            break;
    }
}

/// Counts, rollbacks and blockers, for all of a page at once.
void complete(Connection& connection, std::vector<ReleaseSummary>& items) {
    if (items.empty()) return;
    Values ids;
    std::map<std::int64_t, ReleaseSummary*> by_id;
    for (ReleaseSummary& item : items) {
        ids.emplace_back(item.id.value);
        by_id[item.id.value] = &item;
    }
    const Rows rows = connection.query(
        "SELECT release_task_id, status, COUNT(*) FROM release_task_nodes WHERE release_task_id "
        "IN (" +
            placeholders(ids.size()) + ") GROUP BY release_task_id, status",
        ids);
    for (const Row& row : rows) {
        add_count(by_id.at(row.integer_or(0, 0))->counts, row.text(1), row.small(2));
    }
    // Ascending: the first rollback of a release is the one that counts.
    for (const Row& row :
         connection.query("SELECT id, rolls_back FROM release_tasks WHERE rolls_back IN (" +
                              placeholders(ids.size()) + ") AND " +
                              has_own_rollback("release_tasks.") + " ORDER BY id",
                          ids)) {
        ReleaseSummary& undone = *by_id.at(row.integer_or(1, 0));
        if (!undone.rolled_back_by) undone.rolled_back_by = id_at(row, 0);
    }
    for (ReleaseSummary& item : items) {
        if (is_final(item.status) || item.current_batch > 0) continue;
        item.blockers = find_blockers(connection, item.id, item.version);
    }
}

/// `!` stands before what LIKE would take for a wildcard (a backslash means other things
/// elsewhere).
std::string like_pattern(const std::string& text) {
    std::string pattern = "%";
    for (const char c : text) {
        if (c == '!' || c == '%' || c == '_') pattern += '!';
        pattern += c;
    }
    return pattern + "%";
}

std::string where_clause(const ReleaseFilter& filter, Values& values) {
    std::string where = " WHERE 1 = 1";
    if (filter.status) {
        where += " AND status = ?";
        values.emplace_back(std::string(to_text(*filter.status)));
    }
    if (!filter.type.empty()) {
        where += " AND type = ?";
        values.emplace_back(fitted(filter.type));
    }
    if (!filter.created_by.empty()) {
        where += " AND created_by = ?";
        values.emplace_back(fitted(filter.created_by));
    }
    if (!filter.q.empty()) {
        where +=
            " AND (LOWER(reason) LIKE LOWER(?) ESCAPE '!' OR LOWER(last_error) LIKE LOWER(?) "
            "ESCAPE '!' OR CAST(version AS CHAR) LIKE ? ESCAPE '!')";
        const std::string pattern = like_pattern(fitted(filter.q, word_bytes_max));
        for (int i = 0; i < 3; ++i)
            values.emplace_back(pattern);
    }
    return where;
}

std::string order_clause(const std::string& sort) {
    const bool descends = !sort.empty() && sort.front() == '-';
    const std::string column = descends ? sort.substr(1) : sort;
    constexpr std::array columns{"id", "version", "created_at", "updated_at", "status"};
    const bool is_known = std::any_of(columns.begin(), columns.end(),
                                      [&](const char* known) { return column == known; });
    if (!is_known) {
        refuse(release::code::invalid,
               "sort must be id, version, created_at, updated_at or status, with - before it to "
               "descend");
    }
    const std::string direction = descends ? " DESC" : " ASC";
    return " ORDER BY " + column + direction + (column == "id" ? "" : ", id" + direction);
}

std::map<std::string, std::int64_t> counted(Connection& connection, const std::string& sql) {
    std::map<std::string, std::int64_t> counts;
    for (const Row& row : connection.query(sql))
        counts[row.text(0)] += row.integer_or(1, 0);
    return counts;
}

std::map<std::string, std::int64_t> open_rows_by_status(Connection& connection) {
    return counted(connection, "SELECT r.status, COUNT(*) FROM release_tasks t" +
                                   connection.dialect().then_join() +
                                   "release_task_nodes r ON r.release_task_id = t.id WHERE " +
                                   has_no_end("t.") + " GROUP BY r.status");
}

}  // namespace

ReleaseView read_release_view(Connection& connection, release::ReleaseId id) {
    const Dialect& dialect = connection.dialect();
    Transaction transaction(connection, Transaction::Kind::read);
    const Rows found = connection.query(
        "SELECT " + summary_columns(dialect) + " FROM release_tasks WHERE id = ?", {id.value});
    if (found.empty()) {
        refuse(release::code::not_found, "there is no release " + std::to_string(id.value));
    }
    std::vector<ReleaseSummary> one{summary_of(found[0])};
    complete(connection, one);
    ReleaseView view;
    view.summary = std::move(one[0]);
    const Rows rows = connection.query(
        "SELECT r.node_id, n.name, r.batch, r.status, r.attempt, r.failure_kind, r.error_msg, " +
            dialect.rfc3339("r.started_at") + ", " + dialect.rfc3339("r.finished_at") +
            ", r.progress, r.config_version, r.agent_task_id, r.reason_kind, r.reason_message, " +
            dialect.rfc3339("r.reason_until") +
            ", r.attempt - r.attempts_before - COALESCE(r.ids_passed_over, 0) FROM "
            "release_task_nodes r LEFT JOIN "
            "nodes n ON n.id = r.node_id "
            "WHERE r.release_task_id = ? ORDER BY r.batch, r.node_id",
        {id.value});
    view.nodes.reserve(rows.size());
    for (const Row& row : rows) {
        ReleaseNodeView node;
        node.id = release::NodeId{row.integer_or(0, 0)};
        node.name = row.text(1);
        node.batch = row.small(2);
        node.status = release::from_text<release::NodeStatus>(row.text(3))
                          .value_or(release::NodeStatus::pending);
        node.attempt = row.small(4);
        node.failure = release::from_text<release::FailureKind>(row.text(5))
                           .value_or(release::FailureKind::none);
        node.error = row.text(6);
        node.started_at = row.text(7);
        node.finished_at = row.text(8);
        node.progress = row.small(9);
        // Of other releases it is no content that anybody gets.
        if (view.summary.rolls_back) node.config_version = version_at(row, 10);
        node.task_id = row.text(11);
        node.reason = release::reason_of_row(row.text(12), node.status);
        if (node.status == release::NodeStatus::running) node.trouble = row.text(13);
        node.trouble_until = row.text(14);
        node.tried = row.small(15);
        view.nodes.push_back(std::move(node));
    }
    if (view.summary.status == release::ReleaseStatus::running) {
        const auto policy = release::wire::parse_batch_config(view.summary.batch_config);
        if (policy) view.full_pools = read_full_pools(connection, id, policy->pools);
    }
    transaction.commit();
    return view;
}

ReleasePage list_releases(Connection& connection, const ReleaseFilter& filter) {
    if (filter.page < 1 || filter.page_size < 1 || filter.page_size > page_size_max) {
        refuse(release::code::invalid, "page must be at least 1 and pageSize 1 to 100");
    }
    Values values;
    const std::string where = where_clause(filter, values);
    const std::string order = order_clause(filter.sort);
    Transaction transaction(connection, Transaction::Kind::read);
    ReleasePage page;
    page.total = connection.query("SELECT COUNT(*) FROM release_tasks" + where, values)
                     .at(0)
                     .integer_or(0, 0);
    const std::int64_t skipped = std::int64_t{filter.page - 1} * filter.page_size;
    values.emplace_back(std::int64_t{filter.page_size});
    values.emplace_back(skipped);
    const Rows rows =
        connection.query("SELECT " + summary_columns(connection.dialect()) + " FROM release_tasks" +
                             where + order + " LIMIT ? OFFSET ?",
                         values);
    for (const Row& row : rows)
        page.items.push_back(summary_of(row));
    complete(connection, page.items);
    transaction.commit();
    return page;
}

Gauges read_gauges(Connection& connection) {
    Transaction transaction(connection, Transaction::Kind::read);
    Gauges gauges;
    gauges.releases_by_status =
        counted(connection, "SELECT status, COUNT(*) FROM release_tasks GROUP BY status");
    gauges.nodes_by_status = open_rows_by_status(connection);
    gauges.queue = read_queue(connection);
    gauges.last_ended = read_last_ended(connection);
    gauges.nodes_drifting = count_drifting(connection);
    transaction.commit();
    return gauges;
}

}  // namespace edgeroll::control
