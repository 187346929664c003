// Takes over the database's state. Start, takeover, an unknown outcome, an operator's edits and the
// regular readings all enter here: a Release has no second entry.
#pragma once

#include "release/step/step_draft.hpp"

namespace edgeroll::release {

/// Builds the state anew from all rows; state that only memory has is carried over. O(nodes log
/// nodes)
void observe(Draft& draft, Snapshot snapshot);

}  // namespace edgeroll::release
