// What keeps a release from starting.
#pragma once

#include "release/step/step_draft.hpp"

namespace edgeroll::release {

/// True if the release cannot start in this step: another release goes first, rows are missing or
/// were deleted, or its plan is made now and must be read back. What comes of it is in the draft.
[[nodiscard]] bool is_held_up(Draft& draft);

/// Ends a half-inserted release of which nothing more comes; true if it did. A release that
/// somebody paused is left alone.
[[nodiscard]] bool gives_up_on_rows(Draft& draft);

}  // namespace edgeroll::release
