#include "control/store/catch_up_queries.hpp"

#include <string>
#include <utility>

#include "control/store/api/steer.hpp"
#include "control/store/node_facts.hpp"

namespace edgeroll::control {
namespace {

/// A later release that was meant for the node has taken the matter over, whatever came of it;
/// while one is unfinished the node waits for that.
const std::string is_latest_word =
    "NOT EXISTS (SELECT 1 FROM release_tasks later JOIN release_task_nodes l ON "
    "l.release_task_id = later.id WHERE l.node_id = r.node_id AND later.version > t.version AND "
    "later.type = 'apply_config' AND l.status <> 'skipped')";

/// Without it, or with another than at the start, the release would end as failed.
const std::string has_its_content =
    "(t.content_sha256 = 'reload' OR EXISTS (SELECT 1 FROM config_versions c WHERE c.version = "
    "COALESCE(r.config_version, t.version) AND (t.content_sha256 = 'mixed' OR c.sha256 IS NULL OR "
    "LOWER(c.sha256) = t.content_sha256)))";

std::vector<Straggler> find_after(Connection& connection, const Straggler& cursor, int limit) {
    std::vector<Straggler> found;
    for (const Row& row : connection.query(
             "SELECT r.release_task_id, r.node_id, n.name, n.main_ip, n.agent_port, "
             "n.cert_fingerprint FROM release_task_nodes r JOIN release_tasks t ON t.id = "
             "r.release_task_id JOIN nodes n ON n.id = r.node_id WHERE t.status = 'success' AND "
             "t.finished_at IS NOT NULL AND t.type = 'apply_config' AND r.status = 'deferred' AND "
             "n.enabled = 1 AND n.status <> "
             "'maintenance' AND (r.release_task_id > ? OR (r.release_task_id = ? AND r.node_id > "
             "?)) AND " +
                 is_latest_word + " AND " + has_its_content +
                 " ORDER BY r.release_task_id, r.node_id LIMIT ?",
             {cursor.release.value, cursor.release.value, cursor.node.value,
              std::int64_t{limit}})) {
        Straggler one;
        one.release = release::ReleaseId{row.integer_or(0, 0)};
        one.node = release::NodeId{row.integer_or(1, 0)};
        one.address.name = row.text(2);
        one.address.ip = row.text(3);
        one.address.port = row.small(4);
        one.address.fingerprint = normal_fingerprint(row.text(5));
        found.push_back(std::move(one));
    }
    return found;
}

bool retry_nodes(Connection& connection, release::ReleaseId id,
                 const std::vector<release::NodeId>& nodes) {
    RetryRequest request;
    request.id = id;
    request.actor = "edgeroll";
    request.reason = "the nodes are back";
    for (const release::NodeId node : nodes)
        request.nodes.emplace_back(node);
    request.tolerates_all = true;
    try {
        (void)retry_release(connection, request);
        return true;
    } catch (const Refused&) {
        return false;
    }
}

class CatchUpDatabase final : public CatchUpStore {
  public:
    explicit CatchUpDatabase(DbThreads& threads) : threads_(threads) {}

    awaitable<release::Result<std::vector<Straggler>>> stragglers(std::optional<Straggler> cursor,
                                                                  int limit) override {
        auto work = [cursor = std::move(cursor), limit](Connection& connection) {
            auto found = find_after(connection, cursor.value_or(Straggler{}), limit);
            if (found.empty() && cursor) found = find_after(connection, Straggler{}, limit);
            return found;
        };
        return threads_.run(Access::read, std::move(work), Urgency::normal);
    }
    awaitable<release::Result<bool>> take_up(release::ReleaseId id,
                                             std::vector<release::NodeId> nodes) override {
        auto work = [id, nodes = std::move(nodes)](Connection& connection) {
            return retry_nodes(connection, id, nodes);
        };
        return threads_.run(Access::write, std::move(work), Urgency::normal);
    }

  private:
    DbThreads& threads_;
};

}  // namespace

std::unique_ptr<CatchUpStore> make_catch_up_store(DbThreads& threads) {
    return std::make_unique<CatchUpDatabase>(threads);
}

}  // namespace edgeroll::control
