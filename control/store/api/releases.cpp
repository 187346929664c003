#include "control/store/api/releases.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <utility>

#include "control/store/api/page_size.hpp"
#include "control/store/api/pool_occupancy.hpp"
#include "control/store/api/stats.hpp"
#include "control/store/fleet/drift.hpp"
#include "control/store/fleet/owed.hpp"
#include "control/store/rows/blockers.hpp"
#include "control/store/rows/column_text.hpp"
#include "control/store/rows/columns.hpp"
#include "control/store/rows/provenance.hpp"
#include "control/store/rows/sql_parts.hpp"
#include "control/store/rows/version_range.hpp"
#include "release/missing_rows.hpp"
#include "release/wire/batch_config.hpp"

namespace edgeroll::control {
namespace {

/// SQL: 1 where agents would reload their content.
std::string has_no_content() {
    return "CASE WHEN content_sha256 = 'reload' THEN 1 WHEN COALESCE(content_sha256, '') <> '' "
           "OR " +
           has_own_rollback("release_tasks.") +
           " OR (SELECT COUNT(*) FROM config_versions c WHERE c.version = release_tasks.version) > "
           "0 THEN 0 ELSE 1 END";
}

Columns<ReleaseSummary> summary_columns(const Dialect& dialect) {
    using Summary = ReleaseSummary;
    return {
        {"id", into<&Summary::id>},
        {"type", into<&Summary::type>},
        {"target", into<&Summary::target>},
        {"version", into<&Summary::version>},
        {"status", word_into<release::ReleaseStatus::running, &Summary::status>},
        {"batch_status", word_into<release::BatchStatus::none, &Summary::batch_status>},
        {"current_batch", into<&Summary::current_batch>},
        {"total_batches", into<&Summary::total_batches>},
        {"total_nodes", into<&Summary::total_nodes>},
        {"success_nodes", into<&Summary::success_nodes>},
        {"failed_nodes", into<&Summary::failed_nodes>},
        {"last_error", into<&Summary::last_error>},
        {"reason", into<&Summary::reason>},
        {"created_by", into<&Summary::created_by>},
        {"requested_action", into<&Summary::requested_action>},
        {"claimed_by", into<&Summary::claimed_by>},
        {dialect.rfc3339("created_at"), into<&Summary::created_at>},
        {dialect.rfc3339("updated_at"), into<&Summary::updated_at>},
        {dialect.rfc3339("started_at"), into<&Summary::started_at>},
        {dialect.rfc3339("finished_at"), into<&Summary::finished_at>},
        {dialect.rfc3339("baked_at"), into<&Summary::baked_at>},
        {dialect.rfc3339("aborted_at"), into<&Summary::aborted_at>},
        {"COALESCE(plan_sha256, '') <> ''", into<&Summary::is_planned>},
        {dialect.rfc3339("not_before"), into<&Summary::not_before>},
        {"CASE WHEN not_before IS NULL OR " + dialect.written_time("not_before") +
             " <= " + dialect.now() + " THEN 1 ELSE 0 END",
         into<&Summary::is_due>},
        {"CASE WHEN " + is_lease_free(dialect) + " THEN 0 ELSE 1 END", into<&Summary::has_lease>},
        // An unknown word waits for an operator.
        {"hold", word_into<release::Hold::review, &Summary::hold>},
        {dialect.rfc3339("hold_until"), into<&Summary::hold_until>},
        {"waived_failures", into<&Summary::waived_failures>},
        {"CASE WHEN " + has_own_rollback("release_tasks.") + " THEN rolls_back END",
         into<&Summary::rolls_back>},
        {"from_release", into<&Summary::from_release>},
        {"callback_url", into<&Summary::callback_url>},
        {"batch_config", into<&Summary::batch_config>},
        {"content_sha256", into<&Summary::content_sha256>},
        {"CASE WHEN rows_seen IS NOT NULL AND current_batch = 0 THEN " +
             dialect.rfc3339(dialect.later("rows_seen_at", release::row_patience)) + " END",
         into<&Summary::rows_until>},
        {"paused_ms", into<&Summary::paused>},
        {"batch_work_start_ms", into<&Summary::batch_work_start>},
        {"CASE WHEN current_batch > 0 AND started_batch_epoch = claim_epoch THEN started_batch END",
         into<&Summary::started_batch>},
        {dialect.rfc3339("lease_expires_at"), into<&Summary::lease_until>},
        {has_no_content(),
         [](Summary& summary, const Field& field) {
             const auto type = release::from_text<release::TaskType>(summary.type);
             summary.is_reload_only = type == release::TaskType::reload ||
                                      (type == release::TaskType::apply_config && field.is_set());
         }},
    };
}

Columns<ReleaseNodeView> member_columns(const Dialect& dialect) {
    using View = ReleaseNodeView;
    return {
        {"r.node_id", into<&View::id>},
        {"n.name", into<&View::name>},
        {"r.batch", into<&View::batch>},
        {"r.status", word_into<release::NodeStatus::pending, &View::status>},
        {"r.attempt", into<&View::attempt>},
        {"r.failure_kind", word_into<release::FailureKind::none, &View::failure>},
        {"r.error_msg", into<&View::error>},
        {"r.evidence",
         [](View& node, const Field& field) {
             if (!field.is_null()) node.evidence = field.text();
         }},
        {dialect.rfc3339("r.started_at"), into<&View::started_at>},
        {dialect.rfc3339("r.finished_at"), into<&View::finished_at>},
        {"r.progress", into<&View::progress>},
        {"r.config_version", possible_version_into<&View::config_version>},
        {"r.agent_task_id", into<&View::task_id>},
        {"r.reason_kind",
         [](View& node, const Field& field) {
             node.reason = release::reason_of_row(field.text(), node.status);
         }},
        {"r.reason_message",
         [](View& node, const Field& field) {
             if (node.status == release::NodeStatus::running) node.trouble = field.text();
         }},
        {dialect.rfc3339("r.reason_until"), into<&View::trouble_until>},
        {"r.attempt - r.attempts_before - COALESCE(r.ids_passed_over, 0)", into<&View::tried>},
    };
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

/// Adds counts, rollbacks and blockers, for a whole page at once.
void complete(Connection& connection, std::vector<ReleaseSummary>& items) {
    if (items.empty()) return;
    Values ids;
    std::map<std::int64_t, ReleaseSummary*> by_id;
    for (ReleaseSummary& item : items) {
        ids.emplace_back(item.id.value);
        by_id[item.id.value] = &item;
    }
    struct Group {
        std::int64_t release = 0;
        std::string status;
        int nodes = 0;
    };
    const Columns<Group> columns{{"release_task_id", into<&Group::release>},
                                 {"status", into<&Group::status>},
                                 {"COUNT(*)", into<&Group::nodes>}};
    // Without the rows that reconciliation added.
    const std::string of_page =
        "WHERE release_task_id IN (" + placeholders(ids.size()) + ") AND batch <> 0";
    for (const Group& group : select_rows(
             connection, columns,
             "FROM release_task_nodes " + of_page + " GROUP BY release_task_id, status", ids)) {
        add_count(by_id.at(group.release)->counts, group.status, group.nodes);
    }
    // Ascending: the first rollback of a release counts.
    for (const Row& row :
         connection.query("SELECT id, rolls_back FROM release_tasks WHERE rolls_back IN (" +
                              placeholders(ids.size()) + ") AND " +
                              has_own_rollback("release_tasks.") + " ORDER BY id",
                          ids)) {
        ReleaseSummary& undone = *by_id.at(row.integer_or(1, 0));
        if (!undone.rolled_back_by) {
            undone.rolled_back_by = release::ReleaseId{row.integer_or(0, 0)};
        }
    }
    for (ReleaseSummary& item : items) {
        if (is_final(item.status) || item.current_batch > 0) continue;
        item.blockers = find_blockers(connection, item.id, item.version);
    }
}

/// `!` escapes the wildcards of LIKE (the backslash differs between databases).
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

namespace {

/// As control/store/engine/snapshot_query.cpp marks them.
int count_held(Connection& connection, release::ReleaseId id, release::ReleaseId undone) {
    return static_cast<int>(
        connection
            .query("SELECT COUNT(*) FROM release_tasks undone JOIN release_task_nodes theirs ON "
                   "theirs.release_task_id = undone.id AND theirs.status = 'running' JOIN "
                   "release_task_nodes mine ON mine.release_task_id = ? AND mine.node_id = "
                   "theirs.node_id AND mine.status = 'pending' WHERE undone.id = ? AND " +
                       is_unfinished("undone."),
                   {id.value, undone.value})
            .at(0)
            .integer_or(0, 0));
}

}  // namespace

ReleaseView read_release_view(Connection& connection, release::ReleaseId id) {
    const Dialect& dialect = connection.dialect();
    Transaction transaction(connection, Transaction::Kind::read);
    std::vector<ReleaseSummary> one = select_rows(connection, summary_columns(dialect),
                                                  "FROM release_tasks WHERE id = ?", {id.value});
    if (one.empty()) {
        refuse(release::code::not_found, "there is no release " + std::to_string(id.value));
    }
    complete(connection, one);
    ReleaseView view;
    view.summary = std::move(one[0]);
    view.nodes = select_rows(connection, member_columns(dialect),
                             "FROM release_task_nodes r LEFT JOIN nodes n ON n.id = r.node_id "
                             "WHERE r.release_task_id = ? ORDER BY r.batch, r.node_id",
                             {id.value});
    // In other releases no node gets this content.
    if (!view.summary.rolls_back) {
        for (ReleaseNodeView& node : view.nodes)
            node.config_version.reset();
    }
    if (view.summary.rolls_back && !is_final(view.summary.status)) {
        view.held_nodes = count_held(connection, id, *view.summary.rolls_back);
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
    page.items = select_rows(connection, summary_columns(connection.dialect()),
                             "FROM release_tasks" + where + order + " LIMIT ? OFFSET ?", values);
    complete(connection, page.items);
    transaction.commit();
    return page;
}

Gauges read_gauges(Connection& connection, TemplateBook& templates) {
    Transaction transaction(connection, Transaction::Kind::read);
    Gauges gauges;
    gauges.releases_by_status =
        counted(connection, "SELECT status, COUNT(*) FROM release_tasks GROUP BY status");
    gauges.nodes_by_status = open_rows_by_status(connection);
    gauges.queue = read_queue(connection);
    gauges.last_ended = read_last_ended(connection);
    gauges.last_rollback = read_last_rollback(connection);
    gauges.drifting_by_kind = count_drifting(connection, templates);
    gauges.reconcile = read_pace(connection);
    gauges.inventory_by_status = {{"online", 0}, {"offline", 0}, {"maintenance", 0}, {"other", 0}};
    for (const auto& [status, count] : counted(
             connection, "SELECT status, COUNT(*) FROM nodes WHERE enabled = 1 GROUP BY status")) {
        const auto known = gauges.inventory_by_status.find(status);
        auto& total = known == gauges.inventory_by_status.end()
                          ? gauges.inventory_by_status["other"]
                          : known->second;
        total += count;
    }
    gauges.bans = connection.query("SELECT COUNT(*) FROM banned_contents").at(0).integer_or(0, 0);
    transaction.commit();
    return gauges;
}

}  // namespace edgeroll::control
