// A batch starts only on a reading that is newer than the end of the previous batch
// (docs/contract.md 4.6). With many batches, reading all rows each time costs too much: the header
// and the rows of the batch show whether more than small facts have changed, and only then
// everything is read.
#pragma once

#include "release/step/step_draft.hpp"

namespace edgeroll::release {

/// Takes over the small facts of the header and of the batch Snapshot::part; asks for a full
/// reading if anything else has changed. O(nodes of the batch)
void observe_batch(Draft& draft, Snapshot snapshot);

}  // namespace edgeroll::release
