// The end of a batch, and of the last batch.
#pragma once

#include "release/step/step_draft.hpp"

namespace edgeroll::release {

/// Records a batch in which no node was attempted (max_unreachable and maintenance let it pass): it
/// proves nothing about the content (docs/contract.md 4.2).
void note_unproven(Draft& draft);

/// The last retry left nodes out: the release does not end as a success.
[[nodiscard]] bool has_left_out(const Release& release);

/// Every batch is done within the limits: ends the release.
void conclude(Draft& draft);

}  // namespace edgeroll::release
