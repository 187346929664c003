// A stop that waits for no node (docs/steering.md).
#include <string>
#include <utility>

#include "control/store/api/releases.hpp"
#include "control/store/api/steer.hpp"
#include "control/store/rows/column_text.hpp"
#include "control/store/rows/columns.hpp"
#include "control/store/rows/history.hpp"
#include "control/store/rows/sql_parts.hpp"
#include "control/store/steering/steered.hpp"

namespace edgeroll::control {
namespace {

constexpr const char* given_up_text = "stopped by force: what the node does now is not known";

std::string is_running_row(const std::string& table = "") {
    return "(" + table + "status = 'running' AND " + has_no_blank_behind(table + "status") + ")";
}

std::vector<GivenUpNode> read_running(Connection& connection, release::ReleaseId id) {
    const Columns<GivenUpNode> columns{
        {"r.node_id", into<&GivenUpNode::id>},
        {"n.name", into<&GivenUpNode::name>},
        {"r.batch", into<&GivenUpNode::batch>},
        {"r.attempt", into<&GivenUpNode::attempt>},
        {"r.agent_task_id", into<&GivenUpNode::task_id>},
    };
    return select_rows(connection, columns,
                       "FROM release_task_nodes r LEFT JOIN nodes n ON n.id = r.node_id WHERE "
                       "r.release_task_id = ? AND " +
                           is_running_row("r.") + " ORDER BY r.batch, r.node_id",
                       {id.value});
}

/// The rows end as if an operator had ended them: the owner accepts them unchanged, and later
/// reports of an agent change nothing (docs/contract.md 4.6).
void give_up(Connection& connection, release::ReleaseId id, std::size_t count) {
    const std::string now = connection.dialect().now();
    const std::int64_t written = connection.execute(
        "UPDATE release_task_nodes SET status = 'failed', failure_kind = 'lost', error_msg = ?, "
        "reason_kind = NULL, reason_message = NULL, reason_until = NULL, earlier_error = NULL, "
        "finished_at = " +
            now + ", updated_at = " + now + " WHERE release_task_id = ? AND " + is_running_row(),
        {std::string(given_up_text), id.value});
    if (written == static_cast<std::int64_t>(count)) return;
    refuse(release::code::wrong_state,
           "stop is refused: rows of the release were changed by hand meanwhile, ask again");
}

void record(Connection& connection, const ActionRequest& request,
            const std::vector<GivenUpNode>& nodes) {
    const std::string reason = fitted(request.reason);
    std::vector<release::HistoryRow> history;
    release::HistoryRow asked;
    asked.kind = "stop_requested";
    asked.detail.emplace_back("force", "yes");
    asked.detail.emplace_back("reason", reason);
    history.push_back(std::move(asked));
    for (const GivenUpNode& node : nodes) {
        release::HistoryRow row;
        row.node = node.id;
        row.kind = "node_failed";
        row.detail.emplace_back("attempt", std::to_string(node.attempt));
        if (!node.task_id.empty()) row.detail.emplace_back("task", node.task_id);
        row.detail.emplace_back("failure", std::string(to_text(release::FailureKind::lost)));
        row.detail.emplace_back("error", given_up_text);
        row.detail.emplace_back("reason", reason);
        history.push_back(std::move(row));
    }
    add_history(connection, request.id, request.actor, history);
}

}  // namespace

ForceStopped force_stop_release(Connection& connection, const ActionRequest& request) {
    ForceStopped stopped;
    {
        Transaction transaction(connection, Transaction::Kind::write);
        lock_release(connection, request.id);
        const Steered steered = read_steered(connection, request.id);
        const release::Ruling ruling = allowed_or_refused(release::Steering::stop, steered);
        stopped.given_up = read_running(connection, request.id);
        // An earlier stop request is no reason to refuse: its stop may be stuck.
        const bool is_asked = ruling.kind == release::Ruling::Kind::repeated;
        if (!is_asked || !stopped.given_up.empty()) {
            give_up(connection, request.id, stopped.given_up.size());
            record(connection, request, stopped.given_up);
            connection.execute("UPDATE release_tasks SET requested_action = 'stop', updated_at = " +
                                   connection.dialect().now() + ", " + recounted_columns() +
                                   " WHERE id = ?",
                               {request.id.value});
            audit_release(connection, request, "stop",
                          {{"force", true}, {"given_up_nodes", stopped.given_up.size()}});
            transaction.commit();
        }
    }
    stopped.view = read_release_view(connection, request.id);
    return stopped;
}

}  // namespace edgeroll::control
