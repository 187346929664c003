// Asks the nodes of this process's share for their state, again and again, and writes what has
// changed (docs/contract.md 6.12).
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "control/core/ports.hpp"
#include "release/fleet/heartbeats.hpp"

namespace edgeroll::control {

/// The control processes that send heartbeats, and whether the inventory has changed.
struct Membership {
    std::vector<std::string> members;  ///< with a lease that has not run out; this process too
    std::string inventory_mark;        ///< another one after most changes of the table `nodes`
};

/// The database, as heartbeats use it. Any number of processes may.
class FleetStore {
  public:
    virtual ~FleetStore() = default;
    /// Enters this process, or renews its lease.
    virtual awaitable<release::Result<Membership>> join(std::string name,
                                                        release::Millis lease) = 0;
    /// Its share goes to the others at once.
    virtual awaitable<release::Result<void>> leave(std::string name) = 0;
    /// Every enabled node.
    virtual awaitable<release::Result<std::vector<release::WatchedNode>>> nodes() = 0;
    /// One transaction; nodes whose row has changed meanwhile are passed over as far as it
    /// contradicts. Returns the rows of these nodes as they are then; a disabled or deleted node
    /// has none. No node is marked offline where `member` has lost its lease by then.
    virtual awaitable<release::Result<std::vector<release::WatchedNode>>> write(
        std::string member, std::vector<release::Sighting> sightings) = 0;
};

struct HeartbeatOptions {
    std::string name;               ///< of this process, unique among all
    release::Millis lease{15'000};  ///< RELEASE_LEASE_SEC
    release::HeartbeatRules rules;
    /// Why this process cannot talk to any agent now (its certificate is unusable, ...): no node is
    /// asked meanwhile. Empty: it can.
    std::function<std::string()> own_trouble{};
};

/// Of this process, for the metrics.
struct HeartbeatFigures {
    std::size_t members = 0;
    std::size_t nodes = 0;   ///< of its share
    std::size_t silent = 0;  ///< that missed their last question
    bool is_own_network = false;
};

/// Loop thread. Destroy the io_context behind `executor` before this; the ports must outlive both.
class HeartbeatLoop {
  public:
    virtual ~HeartbeatLoop() = default;
    /// Call once.
    virtual void start() = 0;
    /// Asks nobody any more, and gives the share back.
    virtual boost::asio::awaitable<void> stop() = 0;
    [[nodiscard]] virtual HeartbeatFigures figures() const = 0;
};

[[nodiscard]] std::unique_ptr<HeartbeatLoop> make_heartbeat_loop(
    boost::asio::any_io_executor executor, FleetStore& store, Agents& agents, Clock& clock,
    Observer& observer, HeartbeatOptions options);

}  // namespace edgeroll::control
