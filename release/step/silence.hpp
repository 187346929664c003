// Running nodes whose agents answer nothing (docs/adr/0028): in a rollback they free their places
// (I19); in other releases they are dark and brake it (R6).
#pragma once

#include <optional>
#include <string>

#include "release/step/limit_exceeded.hpp"
#include "release/step/step_draft.hpp"

namespace edgeroll::release {

/// Takes over since when a running node is silent; `never`: it has answered.
void hear(Draft& draft, std::size_t position, Instant silent_since, bool may_have_task);

/// The place of a silent node of a rollback becomes free after Policy::abandon; a node of another
/// release is dark after Policy::dark. Records both, and wakes the release when the next node is
/// due. O(silent nodes)
void watch_silence(Draft& draft);

/// Failed and dark nodes together exceed a failure limit: no further node starts. O(dark nodes)
[[nodiscard]] bool is_braked(const Release& release);

/// Why the release cannot go on: nodes that are dark for Policy::dark_abort count as failed.
/// Nothing while most of the nodes that were asked went dark together: that is the network of
/// control, and their own time decides.
[[nodiscard]] std::optional<Reason> exceeded_by_dark(const Release& release, Instant now);

}  // namespace edgeroll::release
