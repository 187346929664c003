// The agent as a service: builds the parts, runs the loop, stops on a signal.
#pragma once

#include <string>

#include "agent/settings.hpp"

namespace edgeroll::agent {

inline constexpr const char* program = "edgeroll-agent";

/// Runs until SIGTERM or SIGINT. Exit status: 0, or 2 with one line when it cannot start.
[[nodiscard]] int serve(const Settings& settings);

/// Checks settings, certificates and the root without starting: 0, or 2 with one line.
[[nodiscard]] int check(const Settings& settings);

}  // namespace edgeroll::agent
