// Checks what `serve` would find below AGENT_ROOT, without changing it.
#pragma once

#include <string>

#include "release/result.hpp"

namespace edgeroll::agent {

/// Errors are those with which `serve` would refuse to start, except a lock held by another agent:
/// `check` runs beside the agent it checks. Creates no folder. Blocking.
[[nodiscard]] release::Result<void> inspect_root(const std::string& root);

}  // namespace edgeroll::agent
