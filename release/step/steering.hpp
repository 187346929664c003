// The actions of operators: pause, continue and stop, through requested_action or by writing the
// status.
#pragma once

#include "release/step/step_draft.hpp"

namespace edgeroll::release {

/// Carries out a continue, including a continue that was written as the status.
void take_continue(Draft& draft);

/// Carries out a pause where it can hold: a requested pause between batches, a pause that was
/// written as the status at once.
void take_pause(Draft& draft, bool is_between_batches);

/// Skips pending nodes, cancels running nodes, and ends the release when no node runs any more.
void carry_on_stopping(Draft& draft);

/// Asks the agents of all running nodes to cancel, once each.
void cancel_running(Draft& draft);

}  // namespace edgeroll::release
