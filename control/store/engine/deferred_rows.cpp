#include "control/store/engine/deferred_rows.hpp"

#include <limits>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "control/core/node_address.hpp"
#include "control/store/rows/columns.hpp"
#include "control/store/rows/node_facts.hpp"

namespace edgeroll::control {
namespace {

constexpr int releases_a_step = 100, rows_a_step = 500, steps_a_look = 5;

/// A deferred row of a successful release that is not known to be superseded.
struct LeftBehind {
    Straggler straggler;
    bool is_fit = false;  ///< its node exists, is enabled and not in maintenance
};

Columns<LeftBehind> left_behind_columns() {
    constexpr auto straggler = &LeftBehind::straggler;
    constexpr auto address = &Straggler::address;
    return {
        {"r.release_task_id", into<straggler, &Straggler::release>},
        {"r.node_id", into<straggler, &Straggler::node>},
        {"n.name", into<straggler, address, &release::Address::name>},
        {"n.main_ip",
         [](LeftBehind& one, const Field& field) {
             one.straggler.address.ip = address_or_text(field.text());
         }},
        {"n.agent_port", into<straggler, address, &release::Address::port>},
        {"n.cert_fingerprint",
         [](LeftBehind& one, const Field& field) {
             one.straggler.address.fingerprint = normal_fingerprint(field.text());
         }},
        {"CASE WHEN n.enabled = 1 AND n.status <> 'maintenance' THEN 1 ELSE 0 END",
         into<&LeftBehind::is_fit>},
    };
}

struct Success {
    std::int64_t id = 0, version = 0;
    bool brings_content = false;  ///< other types leave absent nodes nothing to catch up
    bool keeps_rows = false;      ///< some of its rows are still left behind
};

class Look {
  public:
    Look(Connection& connection, const std::optional<Straggler>& cursor, int limit)
        : connection_(connection), cursor_(cursor), limit_(static_cast<std::size_t>(limit)) {}

    Stragglers run() {
        Stragglers result;
        for (int i = 0; i < steps_a_look; ++i) {
            const bool is_at_end = step();
            if (!found_.empty()) break;
            result.reached = is_at_end ? std::nullopt : cursor_;
            if (is_at_end) break;
        }
        result.nodes = std::move(found_);
        return result;
    }

  private:
    /// Judges the next rows; true when no rows follow.
    bool step() {
        successes_.clear();
        read_successes();
        if (successes_.empty()) return true;
        const std::int64_t first_whole = cursor_ ? cursor_->release.value + 1 : 0;
        const std::vector<LeftBehind> candidates = read_candidates();
        std::size_t judged = 0;
        for (const LeftBehind& candidate : candidates) {
            if (found_.size() == limit_) break;
            judge(candidate);
            ++judged;
        }
        write_superseded();
        const bool has_all = judged == candidates.size() &&
                             candidates.size() < static_cast<std::size_t>(rows_a_step);
        if (has_all) settle(first_whole);
        advance(candidates, judged, has_all);
        return has_all && successes_.size() < static_cast<std::size_t>(releases_a_step);
    }

    void read_successes() {
        const Columns<Success> columns{
            {"id", into<&Success::id>},
            {"version", into<&Success::version>},
            {"type",
             [](Success& success, const Field& field) {
                 success.brings_content = field.text() == "apply_config";
             }},
        };
        for (const Success& success :
             select_rows(connection_, columns,
                         "FROM release_tasks WHERE status = 'success' AND catch_up IS NULL AND "
                         "finished_at IS NOT NULL AND id >= ? ORDER BY id LIMIT " +
                             std::to_string(releases_a_step),
                         {cursor_ ? cursor_->release.value : std::int64_t{0}})) {
            successes_[success.id] = success;
        }
    }

    std::vector<LeftBehind> read_candidates() {
        Values ids;
        for (const auto& [id, success] : successes_) {
            if (success.brings_content) ids.emplace_back(id);
        }
        if (ids.empty()) return {};
        const std::string list = placeholders(ids.size());
        const Straggler after = cursor_.value_or(Straggler{});
        for (const std::int64_t value :
             {after.release.value, after.release.value, after.node.value})
            ids.emplace_back(value);
        return select_rows(connection_, left_behind_columns(),
                           "FROM release_task_nodes r LEFT JOIN nodes n ON n.id = r.node_id WHERE "
                           "r.release_task_id IN (" +
                               list +
                               ") AND r.status = 'deferred' AND r.superseded_by IS NULL AND "
                               "(r.release_task_id > ? OR (r.release_task_id = ? AND r.node_id > "
                               "?)) ORDER BY r.release_task_id, r.node_id LIMIT " +
                               std::to_string(rows_a_step),
                           ids);
    }

    /// A later release that was meant for the node supersedes the row, whatever its result; while
    /// such a release is unfinished the node waits for it.
    void judge(const LeftBehind& candidate) {
        const Straggler& one = candidate.straggler;
        Success& success = successes_[one.release.value];
        const auto [later, has_ended] = find_later(one, success.version);
        if (later != 0 && has_ended) {
            superseded_[{one.release.value, later}].push_back(one.node.value);
            return;
        }
        success.keeps_rows = true;
        if (later == 0 && candidate.is_fit && has_its_content(one)) found_.push_back(one);
    }

    /// Id of a later release with the node (0: none), and whether it has ended.
    std::pair<std::int64_t, bool> find_later(const Straggler& one, std::int64_t version) {
        const std::string meant =
            " AND l.status <> 'skipped' AND x.version > ? AND x.type = 'apply_config'";
        const std::string wanted =
            "SELECT x.id, CASE WHEN x.finished_at IS NULL THEN 0 ELSE 1 END FROM "
            "release_task_nodes l" +
            connection_.dialect().then_join() + "release_tasks x ON x.id = l.release_task_id ";
        Rows rows = connection_.query(wanted + "WHERE l.node_id = ? AND l.release_task_id > ?" +
                                          meant + " ORDER BY l.release_task_id DESC LIMIT 1",
                                      {one.node.value, one.release.value, version});
        if (rows.empty()) {
            // Versions need not follow the order of creation: these are few, if any.
            for (const std::int64_t id : made_before(one.release.value, version)) {
                rows = connection_.query(
                    wanted + "WHERE l.node_id = ? AND l.release_task_id = ?" + meant,
                    {one.node.value, id, version});
                if (!rows.empty()) break;
            }
        }
        if (rows.empty()) return {0, false};
        return {rows[0].integer_or(0, 0), rows[0].integer_or(1, 0) != 0};
    }

    /// Releases with later versions and lower ids.
    const std::vector<std::int64_t>& made_before(std::int64_t id, std::int64_t version) {
        const auto known = made_before_.find(id);
        if (known != made_before_.end()) return known->second;
        std::vector<std::int64_t>& ids = made_before_[id];
        for (const Row& row : connection_.query(
                 "SELECT id FROM release_tasks WHERE version > ? AND id < ? ORDER BY version DESC",
                 {version, id})) {
            ids.push_back(row.integer_or(0, 0));
        }
        return ids;
    }

    /// With a missing or changed content the release would end as failed.
    bool has_its_content(const Straggler& one) {
        return !connection_
                    .query(
                        "SELECT 1 FROM release_tasks t WHERE t.id = ? AND (t.content_sha256 = "
                        "'reload' OR EXISTS (SELECT 1 FROM release_task_nodes r JOIN "
                        "config_versions c ON c.version = COALESCE(r.config_version, t.version) "
                        "WHERE r.release_task_id = t.id AND r.node_id = ? AND (t.content_sha256 = "
                        "'mixed' OR c.sha256 IS NULL OR LOWER(c.sha256) = t.content_sha256)))",
                        {one.release.value, one.node.value})
                    .empty();
    }

    void write_superseded() {
        if (superseded_.empty()) return;
        Transaction transaction(connection_, Transaction::Kind::write);
        for (const auto& [which, nodes] : superseded_) {
            Values values{which.second, which.first};
            for (const std::int64_t node : nodes)
                values.emplace_back(node);
            connection_.execute(
                "UPDATE release_task_nodes SET superseded_by = ?, updated_at = updated_at WHERE "
                "release_task_id = ? AND node_id IN (" +
                    placeholders(nodes.size()) + ") AND status = 'deferred'",
                values);
        }
        transaction.commit();
        superseded_.clear();
    }

    /// Marks releases whose rows were all read and judged, and none is left behind. The UPDATE
    /// checks again: a retry may have come in between.
    void settle(std::int64_t first_whole) {
        Values ids;
        for (const auto& [id, success] : successes_) {
            if (id >= first_whole && !success.keeps_rows) ids.emplace_back(id);
        }
        if (ids.empty()) return;
        Transaction transaction(connection_, Transaction::Kind::write);
        connection_.execute(
            "UPDATE release_tasks SET catch_up = 'none', updated_at = updated_at WHERE id IN (" +
                placeholders(ids.size()) +
                ") AND status = 'success' AND finished_at IS NOT NULL AND (type <> 'apply_config' "
                "OR NOT EXISTS (SELECT 1 FROM release_task_nodes r WHERE r.release_task_id = "
                "release_tasks.id AND r.status = 'deferred' AND r.superseded_by IS NULL))",
            ids);
        transaction.commit();
    }

    void advance(const std::vector<LeftBehind>& candidates, std::size_t judged, bool has_all) {
        if (has_all) {
            cursor_ = Straggler{};
            cursor_->release = release::ReleaseId{successes_.rbegin()->first};
            cursor_->node = release::NodeId{std::numeric_limits<std::int64_t>::max()};
        } else if (judged > 0) {
            cursor_ = candidates[judged - 1].straggler;
        }
    }

    Connection& connection_;
    std::optional<Straggler> cursor_;
    std::size_t limit_;
    std::vector<Straggler> found_;
    std::map<std::int64_t, Success> successes_;  ///< by id
    std::map<std::int64_t, std::vector<std::int64_t>> made_before_;
    /// Superseded nodes, by release and superseding release.
    std::map<std::pair<std::int64_t, std::int64_t>, std::vector<std::int64_t>> superseded_;
};

}  // namespace

Stragglers sweep_deferred(Connection& connection, const std::optional<Straggler>& cursor,
                          int limit) {
    Stragglers found = Look(connection, cursor, limit).run();
    // No rows after the cursor: the next look starts from the beginning.
    if (found.nodes.empty() && !found.reached && cursor) {
        return Look(connection, std::nullopt, limit).run();
    }
    return found;
}

}  // namespace edgeroll::control
