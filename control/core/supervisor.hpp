// Finds claimable releases, claims them, and starts a runner for each.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>

#include "control/core/dispatcher.hpp"
#include "control/core/ports.hpp"
#include "release/model.hpp"

namespace edgeroll::control {

struct SupervisorOptions {
    release::Millis interval{1'000};  ///< RELEASE_EXECUTOR_INTERVAL_SEC
    int max_releases = 8;             ///< RELEASE_EXECUTOR_MAX_RELEASES
    release::Millis lease{15'000};    ///< RELEASE_LEASE_SEC, equal to the store's
    release::Rules rules;
    DispatcherOptions dispatcher;
};

/// Loop thread. Destroy the io_context behind `executor` before the supervisor (its coroutines
/// refer to it); the ports must outlive both.
class Supervisor {
  public:
    virtual ~Supervisor() = default;
    /// Starts to look for work. Call once.
    virtual void start() = 0;
    /// Takes no new work; every runner finishes its current write and gives its claim back. Returns
    /// when all have, or after `grace`: the remaining leases expire.
    virtual boost::asio::awaitable<void> stop(release::Millis grace) = 0;
    /// A release was steered: looks at once instead of at the next interval.
    virtual void nudge() = 0;
    /// Number of releases this process runs now.
    [[nodiscard]] virtual int running() const = 0;
    /// Number of its open requests to agents.
    [[nodiscard]] virtual int in_flight() const = 0;
    /// Number of dark nodes of its releases.
    [[nodiscard]] virtual int dark_nodes() const = 0;
};

[[nodiscard]] std::unique_ptr<Supervisor> make_supervisor(boost::asio::any_io_executor executor,
                                                          Store& store, Agents& agents,
                                                          Gates& gates, Clock& clock,
                                                          Random& random, Observer& observer,
                                                          SupervisorOptions options);

}  // namespace edgeroll::control
