// Decides what follows from the present state.
#pragma once

#include "release/step/step_draft.hpp"

namespace edgeroll::release {

/// Decides everything that follows from the state: reads again, gives the claim back, stops, fails,
/// starts nodes, ends. Runs after the events of the step; only this function writes the release's
/// own columns.
void advance(Draft& draft);

}  // namespace edgeroll::release
