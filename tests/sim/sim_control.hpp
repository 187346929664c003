// One control process: the real supervisor, runners and dispatcher on an io_context of its own, so
// that killing the process is destroying that.
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
               control::SupervisorOptions options, Rng rng);
    ~SimControl();
    SimControl(const SimControl&) = delete;
    SimControl& operator=(const SimControl&) = delete;

    void start();
    /// Dies where it stands, at once or after a few more handlers of what is ready to run.
    void crash(int handlers_left = 0);
    /// Not scheduled until then: a stopped process, a sleeping machine.
    void pause_until(Instant until);
    /// SIGTERM: gives its claims back; `on_stopped` when it is done.
    void stop(Millis grace, std::function<void()> on_stopped);

    /// Runs what is ready. Called by the world only, never from inside.
    void pump();

    [[nodiscard]] bool is_alive() const { return process_ != nullptr; }
    [[nodiscard]] bool is_stopping() const;
    [[nodiscard]] bool is_paused() const;
    [[nodiscard]] bool owns(const std::string& owner) const;
    void resume() { paused_until_ = Instant{}; }

  private:
    class Process;

    int number_;
    int incarnation_ = 0;
    DatabaseServer& database_;
    Network& network_;
    control::SupervisorOptions options_;
    Rng rng_;
    Instant paused_until_{};
    std::unique_ptr<Process> process_;
};

}  // namespace edgeroll::sim
