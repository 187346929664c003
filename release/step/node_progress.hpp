// The progress of running tasks: it is only displayed, no decision depends on it.
#pragma once

#include "release/step/step_draft.hpp"

namespace edgeroll::release {

/// Takes over the progress of a running task and its trouble. A foreign task id is dropped.
void progressed(Draft& draft, const Progressed& event);

/// Adds the new progress to the commit, or asks for a wake-up to write it a little later. Runs
/// after advance(): a commit that is made anyway includes it.
void write_progress(Draft& draft);

}  // namespace edgeroll::release
