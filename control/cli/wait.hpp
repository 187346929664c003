// `release wait`: prints nothing until a release has reached a goal.
#pragma once

#include "control/cli/single_request.hpp"

namespace edgeroll::cli {

/// Whether a release has reached the goal. `never`: it ended otherwise.
enum class Reach { reached, not_yet, never };

/// @param goal "done", "success", "paused" or "batch:N". Success reaches done; any other end gives
/// never. A batch is reached when each of its nodes is done and the release did not end in it; an
/// error when the release has no such batch.
[[nodiscard]] Answer<Reach> reach_of(const std::string& goal, const ReleaseLine& release);

/// success, release_failed, timed_out, or a failure. If control becomes unreachable after it has
/// answered once, it is asked again.
[[nodiscard]] ExitStatus wait_for(const ReleaseWait& what, Format format, Ports ports);

}  // namespace edgeroll::cli
