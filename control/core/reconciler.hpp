// Gives nodes the content that they are owed, slowly (docs/contract.md 6.9).
#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <vector>

#include "control/core/ports.hpp"
#include "release/fleet/reconciliation.hpp"

namespace edgeroll::control {

/// A deferred node of a success that no later release included.
struct Straggler {
    release::ReleaseId release;
    release::NodeId node;
    release::Address address;
};

/// The result of one look for stragglers.
struct Stragglers {
    std::vector<Straggler> nodes;
    /// Where the next look continues if this one found no node: a look ends after a fixed amount of
    /// work. Nothing: at the beginning.
    std::optional<Straggler> reached;
};

/// A node whose reconciliation has ended.
struct Reconciled {
    release::ReleaseId release;
    release::NodeId node;
    std::string name;  ///< empty if the node is gone
    release::OwedCause cause = release::OwedCause::joined;
    std::string outcome;  ///< as in reconcile_nodes
    std::string error;
};

struct ReconcileProgress {
    std::vector<Reconciled> ended;  ///< since the last call of any process
    release::ReconcilePace pace;
};

/// What nodes are owed, as far as heartbeats have seen it.
struct OwedNodes {
    std::vector<release::OwedRelease> releases;
    release::ReconcilePace pace;
    std::vector<std::pair<release::NodeId, release::Address>> addresses;  ///< ascending by node
    /// Where the next look continues; nothing: at the beginning.
    std::optional<release::NodeId> reached;
};

struct TakenUp {
    std::vector<release::NodeId> nodes;  ///< may be fewer than asked for, or none
    std::string refusal;                 ///< why there is none; empty: another process was faster
    std::vector<Reconciled> ended;       ///< as ReconcileProgress::ended
};

/// The database, as reconciliation uses it.
class ReconcileStore {
  public:
    virtual ~ReconcileStore() = default;
    /// Writes down what has become of the nodes that were taken up.
    virtual awaitable<release::Result<ReconcileProgress>> progress() = 0;
    /// Of enabled online nodes, in the order of their ids, after `cursor`. A look is bounded.
    virtual awaitable<release::Result<OwedNodes>> owed(std::optional<release::NodeId> cursor) = 0;
    /// Deferred nodes that are enabled and not in maintenance, ascending by (release, node), after
    /// `cursor`; wraps round at the end. Without heartbeats they are all that is known.
    /// @param limit > 0
    virtual awaitable<release::Result<Stragglers>> stragglers(std::optional<Straggler> cursor,
                                                              int limit) = 0;
    /// Retries these nodes of one release, except that a failure does not undo the release's
    /// success; adds rows for those that have none. Checks all again, and takes no more than the
    /// rules allow whatever other processes do.
    virtual awaitable<release::Result<TakenUp>> take_up(release::ReconcileRules rules,
                                                        release::ReconcileRound round) = 0;
};

/// Loop thread. For ever: looks every `interval`, sooner while there is work, asks whether the
/// nodes are there, and takes them up. The parts must outlive the io_context's coroutines.
/// With the mode `off` it only writes down how the nodes that were taken up have ended.
[[nodiscard]] boost::asio::awaitable<void> run_reconciler(ReconcileStore& store, Agents& agents,
                                                          Clock& clock, Observer& observer,
                                                          release::ReconcileRules rules,
                                                          release::Millis interval);

}  // namespace edgeroll::control
