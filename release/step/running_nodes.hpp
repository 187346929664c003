// Nodes that run a task now.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "release/step/step_draft.hpp"

namespace edgeroll::release {

/// Position of a node that runs exactly this task; nothing for any other node.
[[nodiscard]] std::optional<std::size_t> find_running(const Release& release, NodeId id,
                                                      const std::string& task_id);

/// Begins conversations with running rows that have none: after a takeover, an unknown outcome, or
/// if an operator set a row to running. Once after each reading. O(nodes)
void look_after_running(Draft& draft);

}  // namespace edgeroll::release
