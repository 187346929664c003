#include "control/store/drift.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "control/store/sql_parts.hpp"
#include "release/limits.hpp"

namespace edgeroll::control {
namespace {

/// Most fleets are covered by few releases; what is left then is looked up node by node, so that
/// the whole history is never read.
constexpr std::int64_t newest_read = 20;
constexpr std::size_t nodes_per_statement = 200;

/// One whose nodes are catching up is a success, whatever its status says meanwhile.
constexpr const char* has_content_of_its_own =
    "t.type = 'apply_config' AND (t.status = 'success' OR (t.catches_up = 1 AND t.status NOT IN "
    "('failed', 'cancelled'))) AND t.content_sha256 IS NOT NULL AND t.content_sha256 <> 'reload'";
/// In a success no limit and no stop left a node out: one that failed (which was tolerated, or it
/// was catching up) or was out of service at its turn should have the content all the same. Not so
/// rows that were no part of the plan, and what an operator cancelled by
/// hand.
const std::string is_meant_for_it =
    "r.status <> 'cancelled' AND (r.status <> 'skipped' OR COALESCE(r.error_msg, '') <> '" +
    std::string(release::added_late) + "')";

class Wanted {
  public:
    Wanted(Connection& connection, std::vector<NodeView>& nodes) : connection_(connection) {
        for (NodeView& node : nodes)
            open_[node.id.value] = &node;
    }

    /// From the newest on, until every node is covered. Returns the oldest version that was read,
    /// nothing when there are no older ones.
    std::optional<std::int64_t> read_newest() {
        const Rows releases = connection_.query(
            "SELECT t.id, t.version FROM release_tasks t WHERE " +
                std::string(has_content_of_its_own) + " ORDER BY t.version DESC LIMIT ?",
            {newest_read});
        for (const Row& row : releases) {
            if (open_.empty()) return std::nullopt;
            read_release(row.integer_or(0, 0));
        }
        const bool has_older = releases.size() == static_cast<std::size_t>(newest_read);
        return has_older ? releases.back().integer(1) : std::nullopt;
    }

    void read_older(std::int64_t below) {
        std::set<std::int64_t> releases;
        std::vector<std::int64_t> ids;
        for (const auto& [id, node] : open_)
            ids.push_back(id);
        for (std::size_t begin = 0; begin < ids.size(); begin += nodes_per_statement) {
            const std::size_t end = std::min(begin + nodes_per_statement, ids.size());
            Values values{below};
            for (std::size_t i = begin; i < end; ++i)
                values.emplace_back(ids[i]);
            for (const Row& row : connection_.query(
                     "SELECT MAX(t.version) FROM release_tasks t JOIN release_task_nodes r ON "
                     "r.release_task_id = t.id WHERE " +
                         std::string(has_content_of_its_own) + " AND " + is_meant_for_it +
                         " AND t.version < ? AND r.node_id IN (" + placeholders(end - begin) +
                         ") GROUP BY r.node_id",
                     values)) {
                releases.insert(row.integer_or(0, 0));
            }
        }
        for (auto version = releases.rbegin(); version != releases.rend(); ++version) {
            const Rows found =
                connection_.query("SELECT id FROM release_tasks WHERE version = ?", {*version});
            if (!found.empty()) read_release(found[0].integer_or(0, 0));
        }
    }

  private:
    void read_release(std::int64_t id) {
        const Rows rows = connection_.query(
            "SELECT r.node_id, CASE WHEN t.content_sha256 = 'mixed' THEN "
            "COALESCE(r.config_version, "
            "t.version) ELSE t.version END, CASE WHEN t.content_sha256 <> 'mixed' OR "
            "r.config_version IS NULL THEN t.content_sha256 ELSE (SELECT c.sha256 FROM "
            "config_versions c WHERE "
            "c.version = r.config_version) END FROM release_task_nodes r JOIN release_tasks t ON "
            "t.id = r.release_task_id WHERE t.id = ? AND " +
                is_meant_for_it,
            {id});
        for (const Row& row : rows) {
            const auto found = open_.find(row.integer_or(0, 0));
            if (found == open_.end()) continue;
            found->second->wanted_version = release::Version{row.integer_or(1, 0)};
            found->second->wanted_sha256 = row.text(2);
            open_.erase(found);
        }
    }

    Connection& connection_;
    std::map<std::int64_t, NodeView*> open_;  ///< those for which no release was found yet
};

std::set<std::int64_t> unfinished_versions(Connection& connection) {
    std::set<std::int64_t> versions;
    for (const Row& row :
         connection.query("SELECT version FROM release_tasks WHERE " + is_unfinished())) {
        versions.insert(row.integer_or(0, 0));
    }
    return versions;
}

}  // namespace

void add_wanted(Connection& connection, std::vector<NodeView>& nodes) {
    Wanted wanted(connection, nodes);
    if (const auto oldest = wanted.read_newest()) wanted.read_older(*oldest);
    const std::set<std::int64_t> unfinished = unfinished_versions(connection);
    for (NodeView& node : nodes) {
        const bool is_being_released =
            node.applied_version && unfinished.count(node.applied_version->value) != 0;
        node.has_drift =
            node.wanted_version && node.applied_sha256 != node.wanted_sha256 && !is_being_released;
    }
}

}  // namespace edgeroll::control
