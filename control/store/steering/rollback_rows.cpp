#include "control/store/steering/rollback_rows.hpp"

#include <map>
#include <optional>
#include <set>
#include <utility>

#include "control/store/rows/bans.hpp"
#include "control/store/rows/columns.hpp"
#include "control/store/rows/node_facts.hpp"
#include "control/store/rows/sql_parts.hpp"
#include "control/store/rows/version_range.hpp"

namespace edgeroll::control {
namespace {

/// The first later release of each node that would run before the rollback (rows/blockers.hpp), so
/// that the rollback would overwrite its content. Few releases are unfinished at any time.
std::map<std::int64_t, release::Version> awaited_later(Connection& connection,
                                                       release::Version version) {
    std::map<std::int64_t, release::Version> nodes;
    for (const Row& row : connection.query(
             "SELECT r.node_id, MIN(other.version) FROM release_tasks other JOIN "
             "release_task_nodes r ON r.release_task_id = other.id WHERE " +
                 is_unfinished("other.") + " AND " +
                 is_possible_version(connection.dialect(), "other.version") +
                 " AND (other.current_batch > 0 OR other.rolls_back IS NOT NULL)"
                 " AND other.version > ? AND r.status IN ('pending', 'running') GROUP BY r.node_id",
             {version.value})) {
        nodes[row.integer_or(0, 0)] = release::Version{row.integer_or(1, 0)};
    }
    return nodes;
}

Columns<release::FormerRow> former_columns(const Dialect& dialect) {
    using release::FormerRow;
    return {
        {"r.node_id", into<&FormerRow::node>},
        {"n.name", into<&FormerRow::name>},
        {"r.status", word_into<release::NodeStatus::skipped, &FormerRow::status>},
        {"r.attempt", into<&FormerRow::attempt>},
        {"r.previous_config_version", possible_version_into<&FormerRow::previous_config_version>},
        {"n.id", presence_into<&FormerRow::exists>},
        {"n.applied_config_version", possible_version_into<&FormerRow::applied_config_version>},
        {"n.applied_version", possible_version_into<&FormerRow::applied_version>},
        {"r.config_version", possible_version_into<&FormerRow::own_config_version>},
        {"r.status = 'failed' AND r.attempts_before > r.attempt AND r.waived IS NULL",
         into<&FormerRow::is_left_out>},
        {"n.labels",
         [](FormerRow& row, const Field& field) {
             for (const auto& [name, value] : read_labels(field.text())) {
                 if (name == "region") row.region = value;
             }
         }},
        {dialect.age_ms("n.last_seen_at"),
         [](FormerRow& row, const Field& field) {
             if (const auto age = field.integer()) row.unseen_for = release::Millis{*age};
         }},
    };
}

Columns<release::LaterRelease> later_columns() {
    using release::LaterRelease;
    return {
        {"id", into<&LaterRelease::id>},
        {"(SELECT undone.version FROM release_tasks undone WHERE undone.id = "
         "release_tasks.rolls_back)",
         possible_version_into<&LaterRelease::undoes>},
        {"(SELECT MIN(other.id) FROM release_tasks other WHERE other.rolls_back = "
         "release_tasks.id)",
         into<&LaterRelease::rolled_back_by>},
        {"CASE WHEN " + is_unfinished() + " THEN 0 ELSE 1 END", into<&LaterRelease::is_finished>},
    };
}

}  // namespace

std::vector<release::FormerRow> read_former_rows(Connection& connection, release::ReleaseId id,
                                                 release::Version version) {
    const std::map<std::int64_t, release::Version> awaited = awaited_later(connection, version);
    std::vector<release::FormerRow> rows =
        select_rows(connection, former_columns(connection.dialect()),
                    "FROM release_task_nodes r LEFT JOIN nodes n ON n.id = r.node_id WHERE "
                    "r.release_task_id = ? ORDER BY r.batch, r.node_id",
                    {id.value});
    for (release::FormerRow& former : rows) {
        if (const auto later = awaited.find(former.node.value); later != awaited.end()) {
            former.awaited_version = later->second;
        }
    }
    return rows;
}

std::vector<release::LaterRelease> read_later_releases(Connection& connection,
                                                       const std::vector<release::FormerRow>& rows,
                                                       release::Version version) {
    std::set<release::Version> named;
    for (const release::FormerRow& row : rows) {
        for (const auto& one :
             {row.awaited_version, row.applied_version, row.applied_config_version}) {
            if (one && *one > version) named.insert(*one);
        }
    }
    std::vector<release::LaterRelease> later;
    // One look-up per version over the unique key: the nodes of a fleet have few versions.
    for (const release::Version one : named) {
        for (release::LaterRelease found :
             select_rows(connection, later_columns(), "FROM release_tasks WHERE version = ?",
                         {one.value})) {
            found.version = one;
            later.push_back(found);
        }
    }
    return later;
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
        if (names) content.sha256 = names->sha256;
        contents.push_back(std::move(content));
    }
    return contents;
}

}  // namespace edgeroll::control
