// Nodes of a rollback on which the release that it undoes still runs (docs/adr/0028): each of them
// is dispatched as soon as its row there is final.
#pragma once

#include "release/step/step_draft.hpp"

namespace edgeroll::release {

/// Reads again each second, for a while, if pending nodes of the batch are held: the rows of the
/// other release say when they are free. Later, the readings at renewals must do. O(batch)
void watch_held(Draft& draft, const BatchState& batch);

}  // namespace edgeroll::release
