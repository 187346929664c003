// The consequences of an exceeded limit, a failed gate or an impossible release.
#pragma once

#include "release/step/step_draft.hpp"

namespace edgeroll::release {

/// Why a release cannot go on.
struct Reason {
    std::string full;   ///< for the release
    std::string brief;  ///< for each of its skipped rows
};

/// Starts no further node; when the running nodes have ended, the release has failed. With
/// on_failure: rollback it is undone at once (release/step/abort.hpp).
void halt(Draft& draft, const Reason& reason);

/// Acts as Policy::on_failure says: halt(), or a pause until an operator continues.
void trip(Draft& draft, const Reason& reason);

/// True if a limit is exceeded: no further node is started.
bool trip_if_exceeded(Draft& draft);

}  // namespace edgeroll::release
