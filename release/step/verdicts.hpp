// The answers of agents: the final result of a node, and its consequence (an end, a deferral,
// another attempt).
#pragma once

#include "release/step/step_draft.hpp"

namespace edgeroll::release {

/// The first attempt to reach a node has ended: it frees its place in the start window.
void attempted(Draft& draft, const Attempted& event);

/// The final result of a node: its row ends, or gets another attempt. A foreign task id is
/// recorded.
void reported(Draft& draft, const Reported& event);

}  // namespace edgeroll::release
