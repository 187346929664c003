// A release that is undone while it runs (docs/adr/0028, R3): its rollback already exists and waits
// for no more than the nodes on which this release still runs.
#pragma once

#include "release/step/step_draft.hpp"

namespace edgeroll::release {

/// In the commit that trips: nothing further starts, running tasks are cancelled, and the rollback
/// is created.
void begin_abort(Draft& draft);

/// Ends the release as failed when no node runs any more. A running node of an agent that queues
/// tasks and says nothing for Policy::abandon is given up as `lost`, since the rollback waits for
/// it; other agents keep their node's time (I2).
void carry_on_aborting(Draft& draft);

}  // namespace edgeroll::release
