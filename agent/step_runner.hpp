// Does one step with files and commands. Deciding, waiting and networking are elsewhere.
#pragma once

#include "agent/apply/machine.hpp"
#include "agent/ports.hpp"
#include "agent/task.hpp"
#include "agent/task_secrets.hpp"

namespace edgeroll::agent {

/// Time limits of a command besides its own setting.
struct StepTime {
    Millis of_task{0};               ///< time left of the task
    Millis of_step = Millis::max();  ///< time left by earlier attempts of the same step
};

class StepRunner {
  public:
    /// @param files, processes must outlive the runner
    StepRunner(Files& files, Processes& processes, CommandSettings settings)
        : files_(files),
          processes_(processes),
          settings_(std::move(settings)),
          task_secrets_(files) {}

    /// Blocks. Never throws. The result contains no line of a secret (agent/redact.hpp).
    /// @param time commands end with it
    apply::StepResult run(apply::StepName step, const Task& task, StepTime time,
                          const Interrupt& interrupt);

    /// The server's answer without lines of secrets. Blocks; never throws; on run's thread.
    std::string shown_answer(const Task& task, const std::string& answer);

    /// Frees the task's secrets. On run's thread.
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
    /// A command's limit besides the task's time, and its name in messages.
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
