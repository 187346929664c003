// control::Store over the simulated database: every call takes time, may fail, and may have an
// outcome that its caller does not learn.
#pragma once

#include <functional>
#include <string>

#include "control/core/heartbeats.hpp"
#include "control/core/ports.hpp"
#include "faults.hpp"
#include "sim_clock.hpp"
#include "sim_database.hpp"
#include "waiting.hpp"
#include "witness.hpp"

namespace edgeroll::sim {

/// The state that all control processes share.
struct DatabaseServer {
    SimDatabase& database;
    Timeline& timeline;
    Faults& faults;
    Trace& trace;
    Witness& witness;
    Millis latency_max{20};
    Millis lease{15'000};
    /// Called just after a write, with the owner that it was made for.
    std::function<void(const std::string& owner)> on_written;

    Instant down_until{};                                ///< an outage: no call is executed before
    std::map<release::ReleaseId, Instant> locked_until;  ///< rows that a transaction has locked

    /// Called when a commit is sent.
    std::function<void(release::ReleaseId)> on_commit_sent;

    [[nodiscard]] bool is_locked(release::ReleaseId id) const {
        const auto found = locked_until.find(id);
        return found != locked_until.end() && timeline.now() < found->second;
    }
    [[nodiscard]] bool is_down() const { return timeline.now() < down_until; }
};

class SimStore final : public control::Store,
                       public control::FleetStore,
                       public control::ReconcileStore {
  public:
    SimStore(DatabaseServer& server, ControlContext& context, SimClock& clock, std::string owner,
             Rng rng)
        : server_(server), context_(context), clock_(clock), owner_(std::move(owner)), rng_(rng) {}

    template <class T>
    using Awaitable = boost::asio::awaitable<release::Result<T>>;

    Awaitable<std::vector<control::Candidate>> claimable(int limit, int resting) override;
    Awaitable<std::optional<control::Claim>> claim(release::ReleaseId id,
                                                   std::string order_id) override;
    Awaitable<bool> renew(control::Claim& claim) override;
    Awaitable<void> give_back(const control::Claim& claim) override;
    Awaitable<std::optional<release::Snapshot>> read(const control::Claim& claim,
                                                     std::optional<int> part) override;
    Awaitable<control::Committed> commit(const control::Claim& claim,
                                         const release::Commit& commit) override;
    Awaitable<void> record(const control::Claim& claim, const release::HistoryRow& row) override;
    Awaitable<std::vector<control::Mark>> marks() override;
    Awaitable<std::optional<Payload>> payload(release::Version version,
                                              release::TaskType type) override;

    // ---- control::FleetStore ----
    Awaitable<control::Membership> join(std::string name, Millis lease) override;
    Awaitable<void> leave(std::string name) override;
    Awaitable<std::vector<release::WatchedNode>> nodes() override;
    Awaitable<std::vector<release::WatchedNode>> write(
        std::string member, std::vector<release::Sighting> sightings) override;

    // ---- control::ReconcileStore ----
    Awaitable<control::ReconcileProgress> progress() override;
    Awaitable<control::OwedNodes> owed(std::optional<release::NodeId> cursor) override;
    Awaitable<control::Stragglers> stragglers(std::optional<control::Straggler> cursor,
                                              int limit) override;
    Awaitable<control::TakenUp> take_up(release::ReconcileRules rules,
                                        release::ReconcileRound round) override;

  private:
    /// One call: `apply` runs at the server at most once: now, later or never.
    template <class T>
    Awaitable<T> call(std::string what, std::optional<release::ReleaseId> locks,
                      std::function<T()> apply);
    template <class Order>
    void send(const Order& order);
    [[nodiscard]] Instant good_until(Instant sent) const;

    DatabaseServer& server_;
    ControlContext& context_;
    SimClock& clock_;
    std::string owner_;
    Rng rng_;
};

}  // namespace edgeroll::sim
