// Gives a node a new task in place of the task that ended.
#pragma once

#include <cstddef>

#include "release/step/step_draft.hpp"

namespace edgeroll::release {

/// A further attempt after a failure, `pause` from now; the node stays `running`.
void try_again(Draft& draft, std::size_t position, const Verdict& verdict, Millis pause);

/// The same task under the next attempt's id, at once: the agent used the id for another release.
void take_next_id(Draft& draft, std::size_t position, const Verdict& verdict);

}  // namespace edgeroll::release
