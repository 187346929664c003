// The state of a database as named texts, so that any difference can be printed. A new field of a
// Snapshot or a new column is one line in picture.cpp.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "release/model.hpp"
#include "tests/support/tables.hpp"

namespace edgeroll::differential {

using Picture = std::vector<std::pair<std::string, std::string>>;

/// The fields that differ, a line each; empty if there are none.
[[nodiscard]] std::string differences(const Picture& sim, const Picture& store);

/// Every field that does not depend on time; rows by their order, since ids have gaps.
[[nodiscard]] Picture picture_of(const release::Snapshot& snapshot);

/// A column that both sides have: as SQL for both databases, and in the simulator's row.
template <class Row>
struct Column {
    const char* sql;
    std::string (*of)(const Row& row);
};
[[nodiscard]] const std::vector<Column<test::ReleaseRow>>& release_columns();
[[nodiscard]] const std::vector<Column<test::TaskRow>>& task_columns();
[[nodiscard]] const std::vector<Column<test::InventoryRow>>& node_columns();

/// The simulator's time, which stands still.
inline constexpr release::Instant now{std::chrono::hours(1'000'000)};
/// How far back an edit moves a time, and the age from which a time counts as moved: a test that is
/// delayed for minutes still sees the same.
inline constexpr release::Millis long_ago{std::chrono::hours(50'000)};
inline constexpr release::Millis counts_as_old{std::chrono::hours(1)};

}  // namespace edgeroll::differential
