// The nodes of the open batch: which nodes are sent their task now, and which need no task.
#pragma once

#include "release/step/step_draft.hpp"

namespace edgeroll::release {

/// Starts nodes of the batch while there is room (start window, pools) and no limit is exceeded;
/// settles nodes that need no task. Sets Draft::is_full when the commit has its 500 rows.
void start_nodes(Draft& draft, BatchState& batch);

}  // namespace edgeroll::release
