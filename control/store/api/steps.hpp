// The steps of each node's task, as reported by its agent.
#pragma once

#include "control/api/ports/release_views.hpp"
#include "control/store/db/connection.hpp"

namespace edgeroll::control {

/// read_release_view() with the steps of the wanted nodes. Throws Refused 3001 when the release or
/// node does not exist, 2002 when the steps exceed steps_bytes_max.
[[nodiscard]] ReleaseView read_release_steps(Connection& connection, release::ReleaseId id,
                                             const StepsWanted& wanted);

}  // namespace edgeroll::control
