// Builds the environment of commands and hooks (docs/contract.md section 2).
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "agent/apply/machine.hpp"
#include "agent/ports.hpp"
#include "agent/task.hpp"
#include "release/wire/task_payload.hpp"

namespace edgeroll::agent {

using Environment = std::vector<std::pair<std::string, std::string>>;

/// The folder a step is about, below the root: the staged folder before the switch, the version's
/// after it, the previous version's during rollback. Empty: none.
[[nodiscard]] std::string step_folder(const Task& task, apply::StepName step);

/// A small fixed base, then EDGEROLL_*. EDGEROLL_VERSION is the version in step_folder; for tasks
/// without content the live version, or the task's if there is none. EDGEROLL_PAYLOAD (purge and
/// jobs only) is the file with the payload. If two labels map to one variable, the first by name
/// wins.
[[nodiscard]] Environment command_environment(const Files& files, const Task& task,
                                              apply::StepName step);

/// Adds the variables of a job's payload, which override the base, and EDGEROLL_JOB: its name.
void add_job_environment(Environment& environment, const release::wire::Job& job);

/// `EDGEROLL_LABEL_` and the name in upper case, with _ for anything but letters and digits.
[[nodiscard]] std::string label_variable(const std::string& label);

}  // namespace edgeroll::agent
