// Takes over what the database says. Start, takeover, an unknown outcome, hand-made changes and the
// regular readings all come through here: there is no second way into a Release.
#pragma once

#include "release/step/step_draft.hpp"

namespace edgeroll::release {

/// Builds the state anew from all rows; what only memory knows is carried over. O(nodes log nodes)
void observe(Draft& draft, Snapshot snapshot);

}  // namespace edgeroll::release
