// What operators ask for: pause, continue and stop, through requested_action or by writing the
// status.
#pragma once

#include "release/step/step_draft.hpp"

namespace edgeroll::release {

/// Carries a continue out, also one that was given by writing the status.
void take_continue(Draft& draft);

/// Carries a pause out where it can hold: between batches one that was asked for, at once one that
/// was written as the status.
void take_pause(Draft& draft, bool is_between_batches);

/// Skips what is pending, cancels what runs, and ends the release when nothing runs any more.
void carry_on_stopping(Draft& draft);

/// Asks the agents of all running nodes to cancel, once each.
void cancel_running(Draft& draft);

}  // namespace edgeroll::release
