#include "control/store/engine/reconcile_store.hpp"

#include <utility>

#include "control/store/engine/deferred_rows.hpp"
#include "control/store/fleet/owed.hpp"
#include "control/store/fleet/reconcile.hpp"

namespace edgeroll::control {
namespace {

/// Nodes judged by one look.
constexpr int nodes_a_look = 2'000;

class ReconcileDatabase final : public ReconcileStore {
  public:
    ReconcileDatabase(DbThreads& threads, std::shared_ptr<const SecretKeyring> secrets)
        : threads_(threads), templates_(std::make_shared<TemplateBook>(std::move(secrets))) {}

    awaitable<release::Result<ReconcileProgress>> progress() override {
        auto work = [](Connection& connection) { return read_progress(connection); };
        return threads_.run(Access::repeatable, std::move(work), Urgency::normal);
    }

    awaitable<release::Result<OwedNodes>> owed(std::optional<release::NodeId> cursor) override {
        auto work = [templates = templates_, cursor](Connection& connection) {
            Transaction transaction(connection, Transaction::Kind::read);
            OwedNodes owed = find_owed(connection, *templates, cursor, nodes_a_look);
            transaction.commit();
            return owed;
        };
        return threads_.run(Access::read, std::move(work), Urgency::normal);
    }

    awaitable<release::Result<Stragglers>> stragglers(std::optional<Straggler> cursor,
                                                      int limit) override {
        auto work = [cursor = std::move(cursor), limit](Connection& connection) {
            return sweep_deferred(connection, cursor, limit);
        };
        return threads_.run(Access::repeatable, std::move(work), Urgency::normal);
    }

    awaitable<release::Result<TakenUp>> take_up(release::ReconcileRules rules,
                                                release::ReconcileRound round) override {
        auto work = [templates = templates_, rules,
                     round = std::move(round)](Connection& connection) {
            return take_up_nodes(connection, *templates, rules, round);
        };
        return threads_.run(Access::write, std::move(work), Urgency::normal);
    }

  private:
    DbThreads& threads_;
    std::shared_ptr<TemplateBook> templates_;  ///< a call may outlive this object
};

}  // namespace

std::unique_ptr<ReconcileStore> make_reconcile_store(DbThreads& threads,
                                                     std::shared_ptr<const SecretKeyring> secrets) {
    return std::make_unique<ReconcileDatabase>(threads, std::move(secrets));
}

}  // namespace edgeroll::control
