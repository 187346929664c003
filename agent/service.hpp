// The agent as a service: builds the parts, runs the loop, stops on a signal.
#pragma once

#include <string>

#include "agent/settings.hpp"

namespace edgeroll::agent {

inline constexpr const char* program = "edgeroll-agent";

/// Runs until SIGTERM or SIGINT. The exit status: 0, or 2 when it cannot start (said in one line).
[[nodiscard]] int serve(const Settings& settings);

/// Looks at settings, certificates and the root without starting: 0, or 2 and one line.
[[nodiscard]] int check(const Settings& settings);

}  // namespace edgeroll::agent
