// Brings `deferred` nodes to the content of their release once they are reachable again, slowly
// (docs/contract.md section 9, F1).
#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <vector>

#include "control/core/ports.hpp"

namespace edgeroll::control {

/// A node that a successful release left behind and that no later release included.
struct Straggler {
    release::ReleaseId release;
    release::NodeId node;
    release::Address address;
};

/// The result of one look.
struct Stragglers {
    std::vector<Straggler> nodes;
    /// Where the next look continues if this one found no node: a look ends after a fixed amount of
    /// work. Nothing: at the beginning.
    std::optional<Straggler> reached;
};

/// The database, as catch-up uses it.
class CatchUpStore {
  public:
    virtual ~CatchUpStore() = default;
    /// Enabled nodes not in maintenance, ascending by (release, node), after `cursor`; wraps round
    /// at the end.
    /// @param limit > 0
    virtual awaitable<release::Result<Stragglers>> stragglers(std::optional<Straggler> cursor,
                                                              int limit) = 0;
    /// Retries these nodes of one release as an operator would, except that a failure does not undo
    /// the release's success. False: refused (another process was faster, a later release came,
    /// ...).
    virtual awaitable<release::Result<bool>> take_up(release::ReleaseId id,
                                                     std::vector<release::NodeId> nodes) = 0;
};

/// Loop thread. Every `interval`, for ever, asks a few stragglers whether they are back and retries
/// those of one release. The parts must outlive the io_context's coroutines.
[[nodiscard]] boost::asio::awaitable<void> run_catch_up(CatchUpStore& store, Agents& agents,
                                                        Clock& clock, Observer& observer,
                                                        release::Millis interval);

}  // namespace edgeroll::control
