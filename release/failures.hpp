// The failed nodes of a release in order: which of them are waived, and which batches exceed
// max_batch_fail_rate. Kept beside the counters, so that a report needs no recount. Internal to
// release/.
#pragma once

#include <cstddef>

#include "release/model.hpp"

namespace edgeroll::release {

/// A failed node that the last retry left out: it counts against no limit of that retry.
[[nodiscard]] bool is_set_aside(const NodeRow& row);

/// Builds the index from the rows, the waivers and the policy. O(nodes); after a reading and after
/// a waiver.
void build_failures(Release& release);

/// A node of that batch has a new status, and the counters are up to date. O(log nodes).
void update_failures(Release& release, std::size_t position, std::size_t batch);

/// The base of max_batch_fail_rate.
[[nodiscard]] int dispatched_and_waiting(const StatusCounts& counts);

/// Failed nodes of a batch that are not waived.
[[nodiscard]] int unwaived_failures(const Release& release, std::size_t batch);

/// The first unwaived failed node at or after that position, else the first before it. Null if
/// there is none.
[[nodiscard]] const NodeRow* first_failure(const Release& release, std::size_t from);

}  // namespace edgeroll::release
