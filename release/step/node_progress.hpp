// How far running tasks are: shown to whoever watches, and nothing is decided by it.
#pragma once

#include "release/step/step_draft.hpp"

namespace edgeroll::release {

/// Takes over how far a running task is, and what is in its way. A foreign task id is dropped.
void progressed(Draft& draft, const Progressed& event);

/// Puts what is new into the commit, or asks for a wake-up to do so a little later. After
/// advance(): a commit that is made anyway takes it along.
void write_progress(Draft& draft);

}  // namespace edgeroll::release
