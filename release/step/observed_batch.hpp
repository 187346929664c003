// A batch starts only on a reading that is newer than the end of the one before
// (docs/contract.md 4.6). With many batches that must not be all rows each time: the header and the
// rows of the batch show whether anything else than small facts has changed, and where it has,
// everything is read.
#pragma once

#include "release/step/step_draft.hpp"

namespace edgeroll::release {

/// Takes over the small facts of the header and of the batch Snapshot::part; asks for a full
/// reading where anything else has changed. O(nodes of the batch)
void observe_batch(Draft& draft, Snapshot snapshot);

}  // namespace edgeroll::release
