// `release rollback`: shows what control would do, asks, does it.
#pragma once

#include "control/cli/single_request.hpp"

namespace edgeroll::cli {

/// With --dry-run the plan of control, nothing is changed. Else what is asked about is that same
/// plan: the nodes that get something back, and those that are left alone.
[[nodiscard]] Text roll_back(const ReleaseSteer& what, Format format, Ports ports);

}  // namespace edgeroll::cli
