#include "control/store/api/supersede.hpp"

#include <algorithm>

#include "control/store/history.hpp"
#include "control/store/sql_parts.hpp"

namespace edgeroll::control {

using release::NodeId;
using release::ReleaseId;

std::vector<ReleaseId> find_superseded(Connection& connection, release::Version version,
                                       const std::vector<release::PlannedNode>& plan) {
    std::vector<NodeId> planned;
    planned.reserve(plan.size());
    for (const release::PlannedNode& node : plan)
        planned.push_back(node.node);
    std::sort(planned.begin(), planned.end());
    const Rows rows = connection.query(
        "SELECT t.id, r.node_id FROM release_tasks t JOIN release_task_nodes r ON "
        "r.release_task_id = t.id WHERE " +
            is_unfinished("t.") +
            " AND t.version < ? AND COALESCE(t.requested_action, '') <> 'stop' ORDER BY t.id",
        {version.value});
    std::vector<ReleaseId> earlier;
    for (const Row& row : rows) {
        const ReleaseId id{row.integer_or(0, 0)};
        if (!earlier.empty() && earlier.back() == id) continue;
        const NodeId node{row.integer_or(1, 0)};
        if (std::binary_search(planned.begin(), planned.end(), node)) earlier.push_back(id);
    }
    return earlier;
}

void stop_superseded(Connection& connection, const std::vector<ReleaseId>& earlier,
                     release::Version version, const std::string& actor) {
    for (const ReleaseId id : earlier) {
        const std::int64_t changed = connection.execute(
            "UPDATE release_tasks SET requested_action = 'stop', steer_seq = steer_seq + 1, "
            "write_seq = write_seq + 1, updated_at = " +
                connection.dialect().now() + " WHERE id = ? AND " + is_unfinished(),
            {id.value});
        if (changed == 0) continue;  // finished this very moment
        release::HistoryRow row;
        row.kind = "superseded";
        row.detail.emplace_back("by", std::to_string(version.value));
        add_history(connection, id, actor, {row});
    }
}

}  // namespace edgeroll::control
