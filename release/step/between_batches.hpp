// Between two batches: bake, gate, review, interval, window, in this order (docs/contract.md
// section 6).
#pragma once

#include "release/step/step_draft.hpp"

namespace edgeroll::release {

/// Whether the next batch may be opened now; otherwise the draft says what holds it, and until
/// when.
bool may_open_next(Draft& draft);

/// The gate's answer. An answer to an older question is dropped.
void gate_heard(Draft& draft, const GateHeard& event);

}  // namespace edgeroll::release
