// Who may run beside whom: max_parallel and the pools of max_parallel_per (docs/contract.md section
// 6). Internal to release/.
#pragma once

#include <optional>

#include "release/model.hpp"

namespace edgeroll::release {

/// Sorts the nodes into groups (same pools), counts what runs, and queues what is pending. After
/// nodes, batches and policy were read. O(nodes log groups).
void build_lanes(Release& release);

/// A node of the group begins or ends to run.
void count_running(Release& release, std::size_t group, int by);

/// Every pool of the group, and the release, has room for one more.
[[nodiscard]] bool has_room(const Release& release, std::size_t group);

/// No pool of the group, nor the release, has more running nodes than it may.
[[nodiscard]] bool is_within(const Release& release, std::size_t group);

/// The position of the first pending node of the batch that has room, taken out of its queue;
/// nothing when none has. O(groups).
[[nodiscard]] std::optional<std::size_t> take_next(Release& release, BatchState& batch);

}  // namespace edgeroll::release
