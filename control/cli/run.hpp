// Carries out one command.
#pragma once

#include "control/cli/options.hpp"
#include "control/cli/ports.hpp"

namespace edgeroll::cli {

/// Writes the result to the screen, and a failure as one line to standard error.
[[nodiscard]] ExitStatus run(const Command& command, Format format, Ports ports);

}  // namespace edgeroll::cli
