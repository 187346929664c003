// What follows from the state as it now is.
#pragma once

#include "release/step/step_draft.hpp"

namespace edgeroll::release {

/// Decides everything that follows from the state: reads again, gives the claim back, stops, fails,
/// starts nodes, ends. After the events of the step; only this writes the release's own columns.
void advance(Draft& draft);

}  // namespace edgeroll::release
