#include "control/store/blockers.hpp"

#include "control/store/sql_parts.hpp"
#include "control/store/version_range.hpp"

namespace edgeroll::control {

std::vector<release::Version> find_blockers(Connection& connection, release::ReleaseId id,
                                            release::Version version) {
    const Rows rows = connection.query(
        "SELECT other.version FROM release_tasks other WHERE " + is_unfinished("other.") + " AND " +
            is_possible_version(connection.dialect(), "other.version") +
            " AND other.id <> ? AND (other.version < ? OR other.current_batch > 0) AND EXISTS ("
            "SELECT 1 FROM release_task_nodes mine JOIN release_task_nodes theirs "
            "ON theirs.release_task_id = other.id AND theirs.node_id = mine.node_id "
            "WHERE mine.release_task_id = ?) ORDER BY other.version",
        {id.value, version.value, id.value});
    std::vector<release::Version> versions;
    versions.reserve(rows.size());
    for (const Row& row : rows)
        versions.push_back(release::Version{row.integer_or(0, 0)});
    return versions;
}

}  // namespace edgeroll::control
