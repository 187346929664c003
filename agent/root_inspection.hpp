// What `serve` would find below AGENT_ROOT, without changing anything there.
#pragma once

#include <string>

#include "release/result.hpp"

namespace edgeroll::agent {

/// Errors are those with which `serve` would refuse to start, but that another agent holds the
/// root's lock: `check` is run beside the agent that it is about. Makes no folder. Blocking.
[[nodiscard]] release::Result<void> inspect_root(const std::string& root);

}  // namespace edgeroll::agent
