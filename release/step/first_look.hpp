// The first look of a rollback (docs/adr/0028, R4): its first batch has up to three nodes, and no
// silent node holds up the others (I19).
#pragma once

#include "release/step/step_draft.hpp"

namespace edgeroll::release {

/// How long nodes that do not answer hold up the others.
inline constexpr Millis first_look_patience{5'000};

/// Whether the first batch of a rollback is done with: a node of it has succeeded, or none has
/// failed by its own word within first_look_patience (the content ran on these very nodes before),
/// or an operator has waived their failures. Sets Release::is_look_over.
void note_first_look(Release& release, Instant now);

/// Pauses a rollback (hold `failure`) when every node of the first batch that answered has failed
/// by its own word: the old content works no more. Wakes the release when the look may be over.
void watch_first_look(Draft& draft);

}  // namespace edgeroll::release
