// How the stores read the rows of one release.
#pragma once

#include <optional>
#include <vector>

#include "tests/support/tables.hpp"

namespace edgeroll::test {

/// Everything but the contents, the bans, the blockers and the problems.
/// @param part only the header and this batch
[[nodiscard]] release::Snapshot read_tables(const ReleaseRow& row,
                                            const std::vector<TaskRow>& tasks,
                                            const Inventory& inventory, release::Instant now,
                                            std::optional<int> part);

}  // namespace edgeroll::test
