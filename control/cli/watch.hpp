// `release watch`: follows a release until it is finished.
#pragma once

#include "control/cli/options.hpp"
#include "control/cli/ports.hpp"

namespace edgeroll::cli {

/// How often control is asked.
inline constexpr Millis watch_interval{1000};

/// Ends with the release (success or release_failed), with a refusal, or as unreachable: at once
/// when control never answered, after give_up_after_sec when it answered before.
[[nodiscard]] ExitStatus watch(const ReleaseWatch& what, Format format, Ports ports);

}  // namespace edgeroll::cli
