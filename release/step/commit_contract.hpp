// What a step promises of its commit beyond the invariants of a release (release/commit.hpp).
#pragma once

#include <optional>

#include "release/step.hpp"

namespace edgeroll::release {

/// Between the events and advance(): events write nothing that the row is expected to say.
/// Otherwise Commit::expected_* would be what this commit writes, and not what was read.
[[nodiscard]] std::optional<Violation> written_by_events(const Commit& commit);

/// After the step: the state says of the header what was expected, or what the commit writes over
/// it; and all that is placed among the commit's nodes (status_after, batch_after, after_nodes) is
/// in order and not behind the last of them. O(history)
[[nodiscard]] std::optional<Violation> broken_promise(const Step& done);

}  // namespace edgeroll::release
