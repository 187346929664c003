// `release wait`: silent until a release has come as far as asked.
#pragma once

#include "control/cli/single_request.hpp"

namespace edgeroll::cli {

/// Whether a release has come there. `never`: it ended otherwise.
enum class Reach { reached, not_yet, never };

/// @param goal "done", "success", "paused" or "batch:N". Done is reached by success; any other end
/// is never. A batch is reached when each of its nodes is done and the release did not end in it;
/// an error when the release has no such batch.
[[nodiscard]] Answer<Reach> reach_of(const std::string& goal, const ReleaseLine& release);

/// success, release_failed, timed_out, or why it could not go on. A control that is away is asked
/// again once it has answered before.
[[nodiscard]] ExitStatus wait_for(const ReleaseWait& what, Format format, Ports ports);

}  // namespace edgeroll::cli
