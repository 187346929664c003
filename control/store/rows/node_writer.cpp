#include "control/store/rows/node_writer.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "control/store/rows/column_text.hpp"
#include "control/store/rows/rows_per_statement.hpp"
#include "control/store/rows/sql_parts.hpp"
#include "release/fleet/observation.hpp"

namespace edgeroll::control {
namespace {

using release::NodeChange;
using release::NodeStatus;

constexpr std::size_t history_error_bytes_max = 2048;
/// MEDIUMTEXT holds more; steps arrive truncated to 64 KiB.
constexpr std::size_t steps_bytes_max = 1U << 20;

Value evidence_value(const std::optional<std::string>& words) {
    return words ? Value{fitted(*words, word_bytes_max)} : Value{};
}

/// The statement for one row, prepared once per shape and cached by the connection. The row is
/// found by its own id: an operator may have replaced it by another row for the same node, which
/// was never read (it came late and must not be dispatched).
bool write_row(Connection& connection, release::ReleaseId id, const NodeChange& change) {
    const std::string now = connection.dialect().now();
    std::string sql =
        "UPDATE release_task_nodes SET status = ?, attempt = ?, agent_task_id = ?, "
        "failure_kind = ?, reason_kind = ?, error_msg = ?, earlier_error = ?, progress = ?, "
        "ids_passed_over = ?, evidence = ?, reason_message = NULL, reason_until = NULL, "
        "updated_at = " +
        now;
    Values values{std::string(to_text(change.to)),
                  std::int64_t{change.attempt},
                  null_if_empty(fitted(change.task_id, word_bytes_max)),
                  null_if_empty(std::string(to_text(change.failure))),
                  null_if_empty(std::string(to_text(change.reason))),
                  null_if_empty(fitted(change.error)),
                  null_if_empty(fitted(change.earlier_error)),
                  std::int64_t{change.progress},
                  std::int64_t{change.ids_passed_over},
                  evidence_value(change.evidence)};
    if (!change.steps.empty()) {
        sql += ", steps = ?";
        values.emplace_back(fitted(change.steps, steps_bytes_max));
    }
    if (change.to == NodeStatus::running) {
        sql += ", started_at = " + now + ", finished_at = NULL";
    } else if (is_final(change.to)) {
        sql += ", finished_at = " + now;
    }
    sql += " WHERE id = ? AND release_task_id = ? AND node_id = ? AND ";
    values.emplace_back(change.row_id);
    values.emplace_back(id.value);
    values.emplace_back(change.node.value);
    if (change.from == NodeStatus::pending) {
        sql += is_pending_row();
    } else {
        sql += "status = ?";
        values.emplace_back(std::string(to_text(change.from)));
    }
    return connection.execute(sql, values) == 1;
}

/// The new content of nodes.
struct Applied {
    std::optional<release::Version> content;  ///< its version, where it is not the release's own
    std::string capabilities;
    std::optional<std::string> evidence;
    friend auto operator<=>(const Applied&, const Applied&) = default;
};

/// Sets nodes.applied_* to the content that was sent to the node; the former content is kept in the
/// row for a rollback. A second success with the same content (a retry) keeps the first record.
void write_applied(Connection& connection, release::ReleaseId id, const Applied& what,
                   std::vector<std::int64_t> nodes) {
    if (nodes.empty()) return;
    const Rows rows = connection.query(
        "SELECT version, content_sha256 FROM release_tasks WHERE id = ?", {id.value});
    const Value version{rows.at(0).integer_or(0, 0)};
    Value source = version;
    Value digest{rows.at(0).text(1)};
    if (what.content) {
        const Rows other = connection.query("SELECT sha256 FROM config_versions WHERE version = ?",
                                            {what.content->value});
        source = what.content->value;
        digest = other.empty() ? Value{} : null_if_empty(other[0].text(0));
    }
    const std::string now = connection.dialect().now();
    // Ascending, so that two releases with common nodes lock them in the same order.
    std::sort(nodes.begin(), nodes.end());
    for (std::size_t begin = 0; begin < nodes.size(); begin += rows_per_statement) {
        const std::size_t end = std::min(begin + rows_per_statement, nodes.size());
        const std::string list = "(" + placeholders(end - begin) + ")";
        Values before{id.value};
        // Until the next heartbeat the agent's word is all there is.
        const std::string seen(to_text(release::ObservedContent::believed));
        Values applied{version,
                       source,
                       digest,
                       null_if_empty(what.capabilities),
                       evidence_value(what.evidence),
                       seen,
                       version,
                       digest};
        for (std::size_t i = begin; i < end; ++i) {
            before.emplace_back(nodes[i]);
            applied.emplace_back(nodes[i]);
        }
        before.push_back(source);
        connection.execute(
            "UPDATE release_task_nodes SET previous_config_version = (SELECT "
            "applied_config_version FROM nodes WHERE nodes.id = release_task_nodes.node_id) "
            "WHERE release_task_id = ? AND node_id IN " +
                list +
                " AND EXISTS (SELECT 1 FROM nodes "
                "WHERE nodes.id = release_task_nodes.node_id AND "
                "COALESCE(applied_config_version, 0) <> ?)"
                // Reconciliation gives a node back what it had: what it had before that stays.
                " AND NOT EXISTS (SELECT 1 FROM reconcile_nodes k WHERE k.node_id = "
                "release_task_nodes.node_id AND k.release_task_id = "
                "release_task_nodes.release_task_id AND k.cause NOT IN ('deferred', 'new'))",
            before);
        connection.execute(
            "UPDATE nodes SET applied_version = ?, applied_config_version = ?, "
            "applied_sha256 = ?, capabilities = ?, evidence = ?, observed_content = ?, "
            "observed_version = ?, observed_sha256 = ?, observed_facts_sha256 = NULL, "
            "observed_remark = NULL, last_seen_at = " +
                now + ", updated_at = " + now + " WHERE id IN " + list,
            applied);
    }
}

/// The agent itself reported the end; other ends are inferred from its silence.
bool was_reached(const NodeChange& change) {
    using release::FailureKind;
    if (change.from != NodeStatus::running || change.is_unheard) return false;
    if (change.to == NodeStatus::success || !change.steps.empty()) return true;
    return change.failure == FailureKind::exec_failed || change.failure == FailureKind::rejected ||
           change.failure == FailureKind::lost;
}

void write_last_seen(Connection& connection, std::vector<std::int64_t> nodes) {
    std::sort(nodes.begin(), nodes.end());
    for (std::size_t begin = 0; begin < nodes.size(); begin += rows_per_statement) {
        const std::size_t end = std::min(begin + rows_per_statement, nodes.size());
        Values values;
        for (std::size_t i = begin; i < end; ++i)
            values.emplace_back(nodes[i]);
        connection.execute("UPDATE nodes SET last_seen_at = " + connection.dialect().now() +
                               " WHERE id IN (" + placeholders(end - begin) + ")",
                           values);
    }
}

}  // namespace

bool add_planned_rows(Connection& connection, release::ReleaseId id,
                      const std::vector<release::PlannedNode>& planned) {
    try {
        for (std::size_t begin = 0; begin < planned.size(); begin += rows_per_statement) {
            const std::size_t end = std::min(begin + rows_per_statement, planned.size());
            std::string sql =
                "INSERT INTO release_task_nodes (release_task_id, node_id, batch, config_version) "
                "VALUES ";
            Values values;
            for (std::size_t i = begin; i < end; ++i) {
                sql += i == begin ? "(?, ?, ?, ?)" : ", (?, ?, ?, ?)";
                values.emplace_back(id.value);
                values.emplace_back(planned[i].node.value);
                values.emplace_back(std::int64_t{planned[i].batch});
                const auto& content = planned[i].config_version;
                values.push_back(content ? Value{content->value} : Value{});
            }
            connection.execute(sql, values);
        }
        return true;
    } catch (const DbFailure& failure) {
        if (!failure.is_duplicate) throw;
        return false;
    }
}

release::HistoryRow node_history(const NodeChange& change) {
    release::HistoryRow row;
    row.node = change.node;
    row.kind = "node_" + std::string(to_text(change.to));
    row.detail.emplace_back("attempt", std::to_string(change.attempt));
    if (!change.task_id.empty()) row.detail.emplace_back("task", change.task_id);
    if (change.failure != release::FailureKind::none) {
        row.detail.emplace_back("failure", std::string(to_text(change.failure)));
    }
    if (!change.error.empty()) {
        row.detail.emplace_back("error", fitted(change.error, history_error_bytes_max));
    }
    return row;
}

bool write_node_changes(Connection& connection, const Claim& claim,
                        const std::vector<NodeChange>& changes) {
    std::map<Applied, std::vector<std::int64_t>> applied;
    std::vector<std::int64_t> reached;
    for (const NodeChange& change : changes) {
        if (!write_row(connection, claim.release, change)) return false;
        if (change.has_new_content) {
            applied[{change.content, change.capabilities, change.evidence}].push_back(
                change.node.value);
        } else if (was_reached(change)) {
            reached.push_back(change.node.value);
        }
    }
    write_last_seen(connection, std::move(reached));
    for (auto& [what, nodes] : applied)
        write_applied(connection, claim.release, what, std::move(nodes));
    return true;
}

void write_progress(Connection& connection, release::ReleaseId id,
                    const std::vector<release::ProgressChange>& changes) {
    const Dialect& dialect = connection.dialect();
    const std::string running =
        ", progress = ? WHERE release_task_id = ? AND node_id = ? AND status = 'running' AND "
        "agent_task_id = ?";
    for (const release::ProgressChange& change : changes) {
        std::string sql = "UPDATE release_task_nodes SET updated_at = " + dialect.now();
        Values values;
        if (change.error) {
            sql += ", reason_kind = ?, reason_message = ?, error_msg = ?, reason_until = " +
                   (change.until ? dialect.now_plus(*change.until) : "NULL");
            values.push_back(null_if_empty(std::string(to_text(change.trouble.kind))));
            values.push_back(null_if_empty(fitted(change.trouble.message)));
            values.push_back(null_if_empty(fitted(*change.error)));
        }
        values.emplace_back(std::int64_t{change.progress});
        values.emplace_back(id.value);
        values.emplace_back(change.node.value);
        values.emplace_back(fitted(change.task_id, word_bytes_max));
        connection.execute(sql + running, values);
    }
}

}  // namespace edgeroll::control
