// Rows that were added after the start of a release: they are not part of the plan
// (docs/contract.md section 3).
#pragma once

#include <vector>

#include "release/model.hpp"

namespace edgeroll::release {

/// Which rows were added after the start and form no batch: the rows without the start's mark; if
/// an older process had the claim, the newest rows above total_nodes. O(nodes), in the order of the
/// rows as read.
[[nodiscard]] std::vector<bool> late_rows(const Snapshot& seen, const Release& before);

}  // namespace edgeroll::release
