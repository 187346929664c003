#include "control/store/rows/blockers.hpp"

#include "control/store/rows/sql_parts.hpp"
#include "control/store/rows/version_range.hpp"

namespace edgeroll::control {

std::string shares_a_node_with(const Dialect& dialect, const std::string& other_id) {
    // As a value and in this order: MariaDB turns an EXISTS, or a join that it may reorder, into a
    // scan of everything that the nodes ever got.
    return "(SELECT 1 FROM release_task_nodes mine" + dialect.then_join() +
           "release_task_nodes theirs ON theirs.release_task_id = " + other_id +
           " AND theirs.node_id = mine.node_id WHERE mine.release_task_id = ? LIMIT 1) = 1";
}

std::vector<release::Version> find_blockers(Connection& connection, release::ReleaseId id,
                                            release::Version version) {
    const Rows own =
        connection.query("SELECT rolls_back FROM release_tasks WHERE id = ?", {id.value});
    if (own.empty()) return {};
    const bool is_rollback = !own[0].is_null(0);
    // The way back is not held up by what has not begun, which waits for it instead.
    const std::string goes_first = is_rollback
                                       ? "other.rolls_back IS NOT NULL AND other.version < ?"
                                       : "other.rolls_back IS NOT NULL OR other.version < ?";
    const Rows rows = connection.query(
        "SELECT other.version FROM release_tasks other WHERE " + is_unfinished("other.") + " AND " +
            is_possible_version(connection.dialect(), "other.version") +
            " AND other.id <> ? AND other.id <> ? AND COALESCE(other.rolls_back, 0) <> ? AND "
            "(other.current_batch > 0 OR " +
            goes_first + ") AND " + shares_a_node_with(connection.dialect(), "other.id") +
            " ORDER BY other.version",
        {id.value, own[0].integer_or(0, 0), id.value, version.value, id.value});
    std::vector<release::Version> versions;
    versions.reserve(rows.size());
    for (const Row& row : rows)
        versions.push_back(release::Version{row.integer_or(0, 0)});
    return versions;
}

}  // namespace edgeroll::control
