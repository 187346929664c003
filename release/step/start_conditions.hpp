// What keeps a release from starting.
#pragma once

#include "release/step/step_draft.hpp"

namespace edgeroll::release {

/// True if the release cannot start in this step: another release goes first, rows are missing or
/// were deleted, or its plan is made now and must be read back. What comes of it is in the draft.
[[nodiscard]] bool is_held_up(Draft& draft);

}  // namespace edgeroll::release
