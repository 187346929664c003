// Looks for releases that may be claimed, claims them, and gives each its runner.
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
    release::Millis lease{15'000};    ///< RELEASE_LEASE_SEC, the same as the store's
    release::Rules rules;
    DispatcherOptions dispatcher;
};

/// Loop thread. The io_context behind `executor` must be destroyed before the supervisor (its
/// coroutines refer to it) and the ports must outlive both.
class Supervisor {
  public:
    virtual ~Supervisor() = default;
    /// Begins to look for work. Once.
    virtual void start() = 0;
    /// Stops taking work; every runner finishes the write it is at and gives its claim back.
    /// Returns when all have, or after `grace`: leases run out by themselves.
    virtual boost::asio::awaitable<void> stop(release::Millis grace) = 0;
    /// Somebody steered a release: looks at once instead of at the next interval.
    virtual void nudge() = 0;
    /// Releases this process runs now.
    [[nodiscard]] virtual int running() const = 0;
    /// Requests that it has open to agents now.
    [[nodiscard]] virtual int in_flight() const = 0;
};

[[nodiscard]] std::unique_ptr<Supervisor> make_supervisor(boost::asio::any_io_executor executor,
                                                          Store& store, Agents& agents,
                                                          Gates& gates, Clock& clock,
                                                          Random& random, Observer& observer,
                                                          SupervisorOptions options);

}  // namespace edgeroll::control
