// Between two batches: bake, gate, review, interval, window, in this order; after the last one:
// bake and gates (docs/contract.md section 6).
#pragma once

#include "release/step/step_draft.hpp"

namespace edgeroll::release {

/// Whether the next batch may be opened now; otherwise the draft records what holds it, and until
/// when.
bool may_open_next(Draft& draft);

/// Whether the release, all batches of which are finished, may end now; otherwise the draft records
/// what is still looked at (the final look).
bool may_end(Draft& draft);

}  // namespace edgeroll::release
