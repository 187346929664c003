#include "control/store/api/former_rows.hpp"

#include <optional>
#include <set>
#include <utility>

#include "control/store/bans.hpp"
#include "control/store/sql_parts.hpp"
#include "control/store/version_range.hpp"

namespace edgeroll::control {
namespace {

/// Nodes that a later, unfinished release is meant for: it would go first, and what is put back
/// afterwards would be put over it. Few releases are unfinished at any time.
std::set<std::int64_t> dispatched_later(Connection& connection, release::Version version) {
    std::set<std::int64_t> nodes;
    for (const Row& row : connection.query(
             "SELECT DISTINCT r.node_id FROM release_tasks other JOIN release_task_nodes r ON "
             "r.release_task_id = other.id WHERE " +
                 is_unfinished("other.") + " AND " +
                 is_possible_version(connection.dialect(), "other.version") +
                 " AND other.version > ? AND r.status IN ('pending', 'running')",
             {version.value})) {
        nodes.insert(row.integer_or(0, 0));
    }
    return nodes;
}

}  // namespace

std::vector<release::FormerRow> read_former_rows(Connection& connection, release::ReleaseId id,
                                                 release::Version version) {
    const std::set<std::int64_t> later = dispatched_later(connection, version);
    std::vector<release::FormerRow> rows;
    for (const Row& row : connection.query(
             "SELECT r.node_id, n.name, r.status, r.attempt, r.previous_config_version, n.id, "
             "n.applied_config_version, n.applied_version FROM release_task_nodes r LEFT JOIN "
             "nodes n ON n.id = r.node_id WHERE r.release_task_id = ? ORDER BY r.batch, r.node_id",
             {id.value})) {
        release::FormerRow former;
        former.node = release::NodeId{row.integer_or(0, 0)};
        former.name = row.text(1);
        former.status = release::from_text<release::NodeStatus>(row.text(2))
                            .value_or(release::NodeStatus::skipped);
        former.attempt = row.small(3);
        former.previous_config_version = version_at(row, 4);
        former.exists = !row.is_null(5);
        former.applied_config_version = version_at(row, 6);
        former.applied_version = version_at(row, 7);
        former.is_dispatched_later = later.count(former.node.value) > 0;
        rows.push_back(std::move(former));
    }
    return rows;
}

std::vector<release::FormerContent> read_former_contents(
    Connection& connection, const std::vector<release::FormerRow>& rows, release::Version version) {
    std::set<release::Version> versions;
    for (const release::FormerRow& row : rows) {
        if (const auto content = former_content(row, version)) versions.insert(*content);
    }
    std::vector<release::FormerContent> contents;
    for (const release::Version wanted : versions) {
        release::FormerContent content;
        content.version = wanted;
        const auto names = names_of(connection, wanted);
        content.is_present = names.has_value();
        content.is_banned = names && find_ban(connection, *names).has_value();
        contents.push_back(content);
    }
    return contents;
}

}  // namespace edgeroll::control
