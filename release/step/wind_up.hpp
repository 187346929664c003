// Winds up a release whose final status was written by an operator.
#pragma once

#include "release/step/step_draft.hpp"

namespace edgeroll::release {

/// An operator wrote the end: it stands, and cannot be undone once this has begun. Undispatched
/// nodes stay undispatched, results of running nodes are recorded (a requested stop cancels them),
/// and then the release ends like any other.
void wind_up(Draft& draft);

}  // namespace edgeroll::release
