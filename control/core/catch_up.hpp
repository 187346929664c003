// Brings nodes that were away (`deferred`) to the content of their release once they are back,
// slowly (docs/contract.md section 9, F1).
#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <vector>

#include "control/core/ports.hpp"

namespace edgeroll::control {

/// A node that a successful release left behind, and that no later one was meant for.
struct Straggler {
    release::ReleaseId release;
    release::NodeId node;
    release::Address address;
};

/// What one look found.
struct Stragglers {
    std::vector<Straggler> nodes;
    /// Where the next look goes on if this one found nobody: a look is over after some work,
    /// however much is left to look at. Nothing: at the beginning.
    std::optional<Straggler> reached;
};

/// The database, as catching up sees it.
class CatchUpStore {
  public:
    virtual ~CatchUpStore() = default;
    /// Enabled ones out of maintenance, ascending by (release, node), after `cursor`; wraps round
    /// when there is none after it. @param limit > 0
    virtual awaitable<release::Result<Stragglers>> stragglers(std::optional<Straggler> cursor,
                                                              int limit) = 0;
    /// A retry of these nodes of one release, as an operator would ask for it, but a failure among
    /// them does not undo the release's success. False: refused (somebody else was faster, a later
    /// release came, ...).
    virtual awaitable<release::Result<bool>> take_up(release::ReleaseId id,
                                                     std::vector<release::NodeId> nodes) = 0;
};

/// Loop thread. Every `interval` asks a few stragglers whether they are back, for ever, and has
/// those of one release taken up. The parts must outlive the io_context's coroutines.
[[nodiscard]] boost::asio::awaitable<void> run_catch_up(CatchUpStore& store, Agents& agents,
                                                        Clock& clock, Observer& observer,
                                                        release::Millis interval);

}  // namespace edgeroll::control
