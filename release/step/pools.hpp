// Which nodes may run at the same time: max_parallel and the pools of max_parallel_per
// (docs/contract.md section 6). Internal to release/.
#pragma once

#include <optional>

#include "release/model.hpp"

namespace edgeroll::release {

/// Sorts the nodes into groups (same pools), counts running nodes, and queues pending nodes. Call
/// it after nodes, batches and policy were read. O(nodes log groups).
void build_lanes(Release& release);

/// Changes the number of running nodes of the group by `by`.
void count_running(Release& release, std::size_t group, int by);

/// Every pool of the group, and the release, has a free place.
[[nodiscard]] bool has_room(const Release& release, std::size_t group);

/// No pool of the group, nor the release, exceeds its limit of running nodes.
[[nodiscard]] bool is_within(const Release& release, std::size_t group);

/// The position of the first pending node of the batch that has a free place, taken out of its
/// queue; nothing if there is none. O(groups).
[[nodiscard]] std::optional<std::size_t> take_next(Release& release, BatchState& batch);

}  // namespace edgeroll::release
