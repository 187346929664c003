// What agents said: the last word on a node, and what follows for it (an end, a deferral, another
// attempt).
#pragma once

#include "release/step/step_draft.hpp"

namespace edgeroll::release {

/// The first attempt to reach a node is over: it holds no place of the start window any more.
void attempted(Draft& draft, const Attempted& event);

/// The last word on a node: its row ends, or gets another attempt. A foreign task id is recorded.
void reported(Draft& draft, const Reported& event);

}  // namespace edgeroll::release
