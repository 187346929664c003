// Counters of nodes by status: for a batch, and for the release.
#pragma once

#include "release/model.hpp"

namespace edgeroll::release {

/// Changes the number of nodes with that status by `by`.
void count(StatusCounts& counts, NodeStatus status, int by);

/// No node is pending or running.
[[nodiscard]] bool is_finished(const StatusCounts& counts);

}  // namespace edgeroll::release
