#include "control/store/steering/obstacles.hpp"

#include <set>

#include "control/store/rows/bans.hpp"
#include "control/store/rows/blockers.hpp"
#include "control/store/rows/columns.hpp"
#include "control/store/rows/sql_parts.hpp"
#include "control/store/rows/version_range.hpp"
#include "release/text/digits.hpp"

namespace edgeroll::control {

std::optional<Overtaking> find_overtaking(Connection& connection, release::ReleaseId id,
                                          release::Version version) {
    const Rows rows = connection.query(
        "SELECT other.id, other.version FROM release_tasks other WHERE " + is_unfinished("other.") +
            " AND " + is_possible_version(connection.dialect(), "other.version") +
            " AND other.version > ? AND (other.current_batch > 0 OR other.rolls_back IS NOT NULL "
            "OR (SELECT rolls_back FROM release_tasks WHERE id = ?) IS NULL) AND " +
            shares_a_node_with(connection.dialect(), "other.id") +
            " ORDER BY other.version LIMIT 1",
        {version.value, id.value, id.value});
    if (rows.empty()) return std::nullopt;
    return Overtaking{release::ReleaseId{rows[0].integer_or(0, 0)},
                      release::Version{rows[0].integer_or(1, 0)}};
}

std::optional<release::ReleaseId> find_earlier(Connection& connection, release::ReleaseId id,
                                               release::Version version) {
    const auto versions = find_blockers(connection, id, version);
    if (versions.empty()) return std::nullopt;
    const Rows rows = connection.query("SELECT id FROM release_tasks WHERE version = ?",
                                       {versions.front().value});
    return release::ReleaseId{rows.empty() ? 0 : rows[0].integer_or(0, 0)};
}

bool is_content_banned(Connection& connection, release::ReleaseId id, release::Version version,
                       const std::string& content_sha256) {
    std::set<release::Version> versions{version};
    for (const Row& row :
         connection.query("SELECT DISTINCT config_version FROM release_task_nodes WHERE "
                          "release_task_id = ? AND config_version IS NOT NULL",
                          {id.value})) {
        if (const auto one = possible_version(Field(row, 0))) versions.insert(*one);
    }
    bool is_banned = false;
    bool is_own_known = false;  // the version's content is the content it was started with
    for (const release::Version one : versions) {
        const auto names = names_of(connection, one);
        if (!names) continue;
        is_banned = is_banned || find_ban(connection, *names);
        const bool is_own = one == version;
        is_own_known =
            is_own_known ||
            (is_own && (content_sha256 == names->sha256 || content_sha256 == names->older_sha256));
    }
    if (!is_own_known && release::is_sha256_hex(content_sha256)) {
        is_banned = is_banned || find_ban(connection, {content_sha256, {}});
    }
    return is_banned;
}

std::optional<release::ReleaseId> find_holder(Connection& connection, release::NodeId node,
                                              release::ReleaseId id) {
    // The few unfinished releases first: a node may have a long history.
    const Rows rows = connection.query(
        "SELECT other.id FROM release_tasks other" + connection.dialect().then_join() +
            "release_task_nodes r ON r.release_task_id = other.id AND r.node_id = ? WHERE " +
            has_no_end("other.") + " AND other.id <> ? AND (" + is_pending_row("r.") +
            " OR r.status = 'running') ORDER BY other.id LIMIT 1",
        {node.value, id.value});
    if (rows.empty()) return std::nullopt;
    return release::ReleaseId{rows[0].integer_or(0, 0)};
}

}  // namespace edgeroll::control
