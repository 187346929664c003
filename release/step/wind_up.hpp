// The end of a release whose final status was written by hand.
#pragma once

#include "release/step/step_draft.hpp"

namespace edgeroll::release {

/// Somebody wrote the end: it stands, and cannot be taken back once this has begun. What is not
/// dispatched stays so, what runs is recorded as it ends (a stop beside it cancels that), and then
/// the release is over like any other.
void wind_up(Draft& draft);

}  // namespace edgeroll::release
