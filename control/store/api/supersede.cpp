#include "control/store/api/supersede.hpp"

#include <algorithm>

#include "control/store/rows/history.hpp"
#include "control/store/rows/sql_parts.hpp"
#include "control/store/rows/version_range.hpp"

namespace edgeroll::control {

using release::ReleaseId;

namespace {

constexpr std::size_t nodes_per_statement = 100;

/// One index look-up per node; usually the first statement finds a match. Rows of other releases
/// are not read, since this runs inside the transaction that creates a release.
bool shares_a_node(Connection& connection, ReleaseId id,
                   const std::vector<release::PlannedNode>& plan) {
    for (std::size_t begin = 0; begin < plan.size(); begin += nodes_per_statement) {
        const std::size_t end = std::min(begin + nodes_per_statement, plan.size());
        Values values{id.value};
        for (std::size_t i = begin; i < end; ++i)
            values.emplace_back(plan[i].node.value);
        const Rows found = connection.query(
            "SELECT 1 FROM release_task_nodes WHERE release_task_id = ? AND node_id IN (" +
                placeholders(end - begin) + ") LIMIT 1",
            values);
        if (!found.empty()) return true;
    }
    return false;
}

}  // namespace

std::vector<ReleaseId> find_superseded(Connection& connection, release::Version version,
                                       const std::vector<release::PlannedNode>& plan) {
    const Rows rows = connection.query(
        "SELECT t.id FROM release_tasks t WHERE " + is_unfinished("t.") + " AND " +
            is_possible_version(connection.dialect(), "t.version") +
            " AND t.version < ? AND COALESCE(t.requested_action, '') <> 'stop' ORDER BY t.id",
        {version.value});
    std::vector<ReleaseId> earlier;
    for (const Row& row : rows) {
        const ReleaseId id{row.integer_or(0, 0)};
        if (shares_a_node(connection, id, plan)) earlier.push_back(id);
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
        if (changed == 0) continue;  // it has just ended
        release::HistoryRow row;
        row.kind = "superseded";
        row.detail.emplace_back("by", std::to_string(version.value));
        add_history(connection, id, actor, {row});
    }
}

}  // namespace edgeroll::control
