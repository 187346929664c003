// The reference time of tests about times.
#pragma once

#include "control/cli/times.hpp"

namespace edgeroll::cli {

inline const Moment noon = *parse_moment("2026-11-21T12:00:00Z");

}  // namespace edgeroll::cli
