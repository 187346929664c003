// Does one step: files and commands. Everything but what decides, waits and talks.
#pragma once

#include "agent/apply/machine.hpp"
#include "agent/ports.hpp"
#include "agent/task.hpp"
#include "agent/task_secrets.hpp"

namespace edgeroll::agent {

/// What bounds a command beside its own setting.
struct StepTime {
    Millis of_task{0};               ///< what is left of the task's
    Millis of_step = Millis::max();  ///< what earlier tries of the same step left
};

class StepRunner {
  public:
    /// @param files, processes must outlive the runner
    StepRunner(Files& files, Processes& processes, CommandSettings settings)
        : files_(files),
          processes_(processes),
          settings_(std::move(settings)),
          task_secrets_(files) {}

    /// Blocks. Never throws. Nothing in the result is a line of a secret (agent/redact.hpp).
    /// @param time commands end with it
    apply::StepResult run(apply::StepName step, const Task& task, StepTime time,
                          const Interrupt& interrupt);

    /// What the server answered, without lines of secrets. Blocks; never throws; on run's thread.
    std::string shown_answer(const Task& task, const std::string& answer);

    /// Drops the secrets that are kept in memory for the task. On run's thread.
    void forget_secrets() { task_secrets_.forget(); }

  private:
    apply::StepResult run_step(apply::StepName step, const Task& task, StepTime time,
                               const Interrupt& interrupt);
    apply::StepResult stage(const Task& task, const Interrupt& interrupt);
    apply::StepResult switch_live(const Task& task);
    apply::StepResult put_back(const Task& task);
    apply::StepResult command(const std::string& text, apply::StepName step, const Task& task,
                              StepTime time, const Interrupt& interrupt);
    apply::StepResult hook(const std::string& name, apply::StepName step, const Task& task,
                           StepTime time, const Interrupt& interrupt);
    apply::StepResult purge(const Task& task, StepTime time, const Interrupt& interrupt);
    apply::StepResult job(const Task& task, StepTime time, const Interrupt& interrupt);
    [[nodiscard]] Command command_of(std::vector<std::string> arguments, apply::StepName step,
                                     const Task& task) const;
    /// What bounds a command beside the task's time, and how messages call it.
    struct Bound {
        Millis time;
        const char* called;
    };
    apply::StepResult execute(Command command, const Task& task, Bound bound, StepTime time,
                              const Interrupt& interrupt);
    [[nodiscard]] std::string without_secrets(const Task& task, const std::string& text);
    [[nodiscard]] std::string shown_output(const Task& task, const CommandResult& ended);
    [[nodiscard]] Bound command_bound(const Task& task) const;

    Files& files_;
    Processes& processes_;
    CommandSettings settings_;
    TaskSecrets task_secrets_;
};

/// A failed step with this reason.
[[nodiscard]] apply::StepResult failed_step(std::string error);

}  // namespace edgeroll::agent
