// Between two batches: bake, gate, review, interval, window, in this order
// (docs/contract.md section 6).
#pragma once

#include "release/step/step_draft.hpp"

namespace edgeroll::release {

/// Whether the next batch may be opened now; otherwise the draft records what holds it, and until
/// when.
bool may_open_next(Draft& draft);

/// Takes the gate's answer. The answer to an older question is dropped.
void gate_heard(Draft& draft, const GateHeard& event);

}  // namespace edgeroll::release
