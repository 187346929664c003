// Writes where a release stands: the batch started last, the rows of the start and the totals.
#pragma once

#include <cstddef>

#include "release/step/step_draft.hpp"

namespace edgeroll::release {

/// Starts the batch of `index` now: its number, its ordinal, and with the first batch the rows of
/// the start. What says where a release stands is written here and in settle() only.
void start_batch(Draft& draft, std::size_t index);

/// After a full reading: derives what an older process has left unsaid, and brings the totals that
/// people are shown up to what is there.
void settle(Draft& draft);

}  // namespace edgeroll::release
