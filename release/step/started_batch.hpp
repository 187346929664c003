// Writes the position of a release: the batch started last, the rows of the start and the totals.
#pragma once

#include <cstddef>

#include "release/step/step_draft.hpp"

namespace edgeroll::release {

/// Starts the batch of `index` now: writes its number, its ordinal, and for the first batch the
/// rows of the start. Only this function and settle() write the position of a release.
void start_batch(Draft& draft, std::size_t index);

/// After a full reading: derives what an older process did not write, and updates the displayed
/// totals to the rows that exist.
void settle(Draft& draft);

}  // namespace edgeroll::release
