// The gates of a release: when each is asked, and what their answers mean together
// (docs/contract.md 6.11).
#pragma once

#include "release/step/step_draft.hpp"

namespace edgeroll::release {

/// The look after a batch.
struct Look {
    bool is_final = false;  ///< after the last batch: all gates are asked, whatever from_batch
                            ///< says, but those that need peers
};

/// Some gate is asked in this look.
[[nodiscard]] bool has_gates(const Release& release, Look look);

/// During the bake: asks the gates that are due, and trips when one of them refuses.
void watch_gates(Draft& draft, Look look);

/// After the bake: true when every gate has passed, asked after the bake. Otherwise it holds (Hold
/// gate), trips, or, when a gate was unsure for the whole gate_timeout, waits for an operator.
[[nodiscard]] bool pass_gates(Draft& draft, Look look);

/// Takes an answer. Only the answer to the last question to that very gate counts.
void gate_heard(Draft& draft, const GateHeard& event);

}  // namespace edgeroll::release
