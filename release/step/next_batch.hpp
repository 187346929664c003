// The batch that is worked on, and the one that comes next.
#pragma once

#include "release/step/step_draft.hpp"

namespace edgeroll::release {

/// Starts nodes of the lowest unfinished batch, opens the next one where nothing holds it, and ends
/// the release after the last. Several batches may pass in one step, since nodes may be settled
/// without being asked.
void work_on_batches(Draft& draft);

}  // namespace edgeroll::release
