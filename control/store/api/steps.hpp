// What each step of a node's task did, as its agent told it.
#pragma once

#include "control/api/ports/release_views.hpp"
#include "control/store/db/connection.hpp"

namespace edgeroll::control {

/// read_release_view() with the steps of the nodes that are wanted. Throws Refused 3001 when there
/// is no such release or node, 2002 when they are more than steps_bytes_max.
[[nodiscard]] ReleaseView read_release_steps(Connection& connection, release::ReleaseId id,
                                             const StepsWanted& wanted);

}  // namespace edgeroll::control
