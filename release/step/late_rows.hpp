// Rows that were added after the start of a release: they belong to no plan (docs/contract.md
// section 3).
#pragma once

#include <vector>

#include "release/model.hpp"

namespace edgeroll::release {

/// Which rows came after the start, and form no batch: those without its mark; where an older
/// process had the claim, the newest ones above total_nodes. O(nodes), in the order of the rows as
/// they were read.
[[nodiscard]] std::vector<bool> late_rows(const Snapshot& seen, const Release& before);

}  // namespace edgeroll::release
