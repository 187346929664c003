// `release rollback`: shows control's plan, asks, and executes it.
#pragma once

#include "control/cli/single_request.hpp"

namespace edgeroll::cli {

/// With --dry-run shows control's plan and changes nothing. Otherwise the question shows that plan:
/// the nodes that get earlier content, and those left alone.
[[nodiscard]] Text roll_back(const ReleaseSteer& what, Format format, Ports ports);

}  // namespace edgeroll::cli
