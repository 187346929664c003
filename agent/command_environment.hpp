// The environment that commands and hooks see (docs/contract.md section 2).
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

/// The folder a step is about, below the root: the staged one before the switch, the version's
/// after it, the previous version's on the way back. Empty when there is none.
[[nodiscard]] std::string step_folder(const Task& task, apply::StepName step);

/// A small fixed base, then EDGEROLL_*. EDGEROLL_VERSION is the version that step_folder holds; for
/// tasks without content the live one, or the task's where there is none. EDGEROLL_PAYLOAD (purge
/// and jobs only) is the file with the payload. Of two labels whose names become the same, the
/// first by name counts.
[[nodiscard]] Environment command_environment(const Files& files, const Task& task,
                                              apply::StepName step);

/// What a job's payload sets, in the place of what the base has, and EDGEROLL_JOB: its name.
void add_job_environment(Environment& environment, const release::wire::Job& job);

/// `EDGEROLL_LABEL_` and the name in upper case, with _ for all but letters and digits.
[[nodiscard]] std::string label_variable(const std::string& label);

}  // namespace edgeroll::agent
