// One control process: the real supervisor, runners and dispatcher on their own io_context, so that
// destroying the context kills the process.
#pragma once

#include <memory>
#include <string>

#include "control/core/supervisor.hpp"
#include "sim_agents.hpp"
#include "sim_clock.hpp"
#include "sim_store.hpp"

namespace edgeroll::sim {

class SimControl {
  public:
    SimControl(int number, DatabaseServer& database, Network& network,
               control::SupervisorOptions options,
               std::optional<release::HeartbeatRules> heartbeats,
               std::optional<release::ReconcileRules> reconcile, Rng rng);
    ~SimControl();
    SimControl(const SimControl&) = delete;
    SimControl& operator=(const SimControl&) = delete;

    void start();
    /// Dies at once, or after this many more ready handlers.
    void crash(int handlers_left = 0);
    /// Not scheduled until then: a stopped process or a sleeping machine.
    void pause_until(Instant until);
    /// SIGTERM: gives its claims back, then calls `on_stopped`.
    void stop(Millis grace, std::function<void()> on_stopped);

    /// Runs the ready handlers. Called only by the world, never from inside.
    void pump();

    [[nodiscard]] bool is_alive() const { return process_ != nullptr; }
    [[nodiscard]] bool is_stopping() const;
    [[nodiscard]] bool is_paused() const;
    [[nodiscard]] bool owns(const std::string& owner) const;
    [[nodiscard]] std::string owner() const;  ///< empty: it is dead
    void resume() { paused_until_ = Instant{}; }

  private:
    class Process;

    int number_;
    int incarnation_ = 0;
    DatabaseServer& database_;
    Network& network_;
    control::SupervisorOptions options_;
    std::optional<release::HeartbeatRules> heartbeats_;  ///< nothing: it sends none
    std::optional<release::ReconcileRules> reconcile_;   ///< nothing: no reconciliation
    Rng rng_;
    Instant paused_until_{};
    std::unique_ptr<Process> process_;
};

}  // namespace edgeroll::sim
