// The environment that commands and hooks see (SPEC.md section 2).
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "agent/apply/machine.hpp"
#include "agent/ports.hpp"
#include "agent/task.hpp"

namespace edgeroll::agent {

using Environment = std::vector<std::pair<std::string, std::string>>;

/// The folder a step is about, below the root: the staged one before the switch, the version's
/// after it, the previous version's on the way back. Empty when there is none.
[[nodiscard]] std::string step_folder(const Task& task, apply::StepName step);

/// A small fixed base, then EDGEROLL_*. EDGEROLL_VERSION is the version that step_folder holds. Of
/// two labels whose names become the same, the first by name counts.
[[nodiscard]] Environment command_environment(const Files& files, const Task& task,
                                              apply::StepName step);

/// `EDGEROLL_LABEL_` and the name in upper case, with _ for all but letters and digits.
[[nodiscard]] std::string label_variable(const std::string& label);

}  // namespace edgeroll::agent
