// The present batch and the next one.
#pragma once

#include "release/step/step_draft.hpp"

namespace edgeroll::release {

/// Starts nodes of the lowest unfinished batch, opens the next batch if no hold prevents it, and
/// ends the release after the last batch. Several batches may pass in one step, since nodes may be
/// settled without being sent a task.
void work_on_batches(Draft& draft);

}  // namespace edgeroll::release
