// Counters of nodes by status: of a batch, and of the release.
#pragma once

#include "release/model.hpp"

namespace edgeroll::release {

/// Counts nodes in or out: `by` more of them have that status (negative: fewer).
void count(StatusCounts& counts, NodeStatus status, int by);

/// No node is pending or running.
[[nodiscard]] bool is_finished(const StatusCounts& counts);

}  // namespace edgeroll::release
