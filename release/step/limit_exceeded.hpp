// What comes of an exceeded limit, a failed gate or an impossible release.
#pragma once

#include "release/step/step_draft.hpp"

namespace edgeroll::release {

/// Why a release goes no further.
struct Reason {
    std::string full;   ///< for the release
    std::string brief;  ///< for each of its skipped rows
};

/// Nothing is started any more; what runs is waited for, then the release has failed.
void halt(Draft& draft, const Reason& reason);

/// As Policy::on_failure says: halt(), or a pause until an operator continues.
void trip(Draft& draft, const Reason& reason);

/// True if a limit is exceeded: nothing further is started.
bool trip_if_exceeded(Draft& draft);

}  // namespace edgeroll::release
