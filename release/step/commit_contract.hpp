// What a step guarantees about its commit beyond the invariants of a release (release/commit.hpp).
#pragma once

#include <optional>

#include "release/step.hpp"

namespace edgeroll::release {

/// Check between the events and advance(): events write none of the columns that the row is
/// expected to have. Otherwise Commit::expected_* would be what this commit writes, not what was
/// read.
[[nodiscard]] std::optional<Violation> written_by_events(const Commit& commit);

/// Check after the step: the header in the state is what was expected, or what the commit writes
/// over it; and every position among the commit's nodes (status_after, batch_after, after_nodes) is
/// in order and not past the last node. O(history)
[[nodiscard]] std::optional<Violation> broken_promise(const Step& done);

}  // namespace edgeroll::release
