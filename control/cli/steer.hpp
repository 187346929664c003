// `release pause|continue|stop|retry|rollback` and `release limit`.
#pragma once

#include "control/cli/ask.hpp"

namespace edgeroll::cli {

/// Stop, retry and rollback ask first, showing what will happen; without --yes they are refused
/// where nobody can be asked. Nothing is sent when the answer is not yes.
[[nodiscard]] Text steer_release(const ReleaseSteer& what, Format format, Ports ports);

[[nodiscard]] Text limit_release(const ReleaseLimit& what, Format format, Ports ports);

}  // namespace edgeroll::cli
