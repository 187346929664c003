// The conditions that keep a release from starting.
#pragma once

#include "release/step/step_draft.hpp"

namespace edgeroll::release {

/// True if the release cannot start in this step: another release goes first, rows are missing or
/// were deleted, or its plan is made now and must be read back. The draft has the consequences.
[[nodiscard]] bool is_held_up(Draft& draft);

/// Ends a half-inserted release that no longer grows; true if it did. A release that an operator
/// paused is left alone.
[[nodiscard]] bool gives_up_on_rows(Draft& draft);

}  // namespace edgeroll::release
