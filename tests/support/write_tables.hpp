// What the transactions of the stores do to the rows of one release. The simulator's database uses
// it, which tests/differential compares with the real ones.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tests/support/tables.hpp"

namespace edgeroll::test {

/// The digest of a version's content.
using DigestOf = std::function<std::string(release::Version)>;

/// Adds the row, with the next id.
void add_row(const release::PlannedNode& planned, std::vector<TaskRow>& tasks,
             std::int64_t& next_row_id);

/// All of a commit but write_applied, the history and creates_rollback. The claim and the releases
/// that share nodes are not compared. False: stale, and the rows are half written: pass copies.
[[nodiscard]] bool apply_commit(const release::Commit& commit, ReleaseRow& row,
                                std::vector<TaskRow>& tasks, std::int64_t& next_row_id,
                                release::Instant now);

/// After apply_commit: what the nodes hold now, and what they held before.
void write_applied(const release::Commit& commit, const ReleaseRow& release,
                   std::vector<TaskRow>& tasks, Inventory& inventory, const DigestOf& digest_of);

/// A retry takes up this row again.
void take_up(TaskRow& row);
/// A retry puts the release back before its start.
void begin_anew(ReleaseRow& row);

}  // namespace edgeroll::test
