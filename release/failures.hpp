// The failed nodes of a release in order: which of them are waived, and which batches are above
// max_batch_fail_rate. Kept beside the counters, so that nothing is counted anew for each report.
// Internal to release/.
#pragma once

#include <cstddef>

#include "release/model.hpp"

namespace edgeroll::release {

/// A failed node that the last retry left alone: it counts against no limit of that retry.
[[nodiscard]] bool is_set_aside(const NodeRow& row);

/// From the rows, the waivers and the policy. O(nodes); after a reading and after a waiver.
void build_failures(Release& release);

/// A node of that batch has another status, and the counters are up to date. O(log nodes).
void update_failures(Release& release, std::size_t position, std::size_t batch);

/// What max_batch_fail_rate is a share of.
[[nodiscard]] int dispatched_and_waiting(const StatusCounts& counts);

/// Failed nodes of a batch that are not waived.
[[nodiscard]] int unwaived_failures(const Release& release, std::size_t batch);

/// The first failed node that is not waived, from that position on if there is one, else before it.
/// Null when there is none at all.
[[nodiscard]] const NodeRow* first_failure(const Release& release, std::size_t from);

}  // namespace edgeroll::release
