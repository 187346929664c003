#include "control/store/engine/catch_up_queries.hpp"

#include <utility>

#include "control/store/engine/deferred_rows.hpp"
#include "control/store/steering/retry.hpp"

namespace edgeroll::control {
namespace {

bool try_retry(Connection& connection, release::ReleaseId id,
               const std::vector<release::NodeId>& nodes) {
    RetryRequest request;
    request.id = id;
    request.actor = "edgeroll";
    request.reason = "the nodes are back";
    for (const release::NodeId node : nodes)
        request.nodes.emplace_back(node);
    request.tolerates_all = true;
    try {
        (void)retry_nodes(connection, request);
        return true;
    } catch (const Refused&) {
        return false;
    }
}

class CatchUpDatabase final : public CatchUpStore {
  public:
    explicit CatchUpDatabase(DbThreads& threads) : threads_(threads) {}

    awaitable<release::Result<Stragglers>> stragglers(std::optional<Straggler> cursor,
                                                      int limit) override {
        auto work = [cursor = std::move(cursor), limit](Connection& connection) {
            return sweep_deferred(connection, cursor, limit);
        };
        return threads_.run(Access::repeatable, std::move(work), Urgency::normal);
    }
    awaitable<release::Result<bool>> take_up(release::ReleaseId id,
                                             std::vector<release::NodeId> nodes) override {
        auto work = [id, nodes = std::move(nodes)](Connection& connection) {
            return try_retry(connection, id, nodes);
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
