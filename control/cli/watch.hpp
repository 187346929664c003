// `release watch`: follows a release until it has ended.
#pragma once

#include "control/cli/options.hpp"
#include "control/cli/ports.hpp"

namespace edgeroll::cli {

/// Interval between requests.
inline constexpr Millis watch_interval{1000};

/// Ends with the release (success or release_failed), with a refusal, or as unreachable: at once if
/// control never answered, else after give_up_after_sec.
[[nodiscard]] ExitStatus watch(const ReleaseWatch& what, Format format, Ports ports);

}  // namespace edgeroll::cli
