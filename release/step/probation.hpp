// Probation (invariant I11 of docs/contract.md): until a node has proven the content, the nodes
// outside the first batch go one at a time.
#pragma once

#include <cstddef>

#include "release/step/step_draft.hpp"

namespace edgeroll::release {

/// The batch started last is not the first, and no node has proven the content yet. Rollbacks put
/// back what ran on these nodes before: they are never on probation.
[[nodiscard]] bool is_on_probation(const Release& release);

/// No further node may start now.
[[nodiscard]] bool is_held_by_probation(const Release& release);

/// A task of this release has succeeded on the node: the first one proves the content.
void note_success(Draft& draft, std::size_t position);

/// Derives from the rows whether the content is proven. Rows may have been deleted since: the
/// evidence, which the snapshot knows, counts too.
void find_proof(Release& release);

}  // namespace edgeroll::release
