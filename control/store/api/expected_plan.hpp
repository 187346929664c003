// planSha256: a release is created only by the plan that the caller has seen.
#pragma once

#include "control/api/ports/creation.hpp"
#include "control/store/db/connection.hpp"

namespace edgeroll::control {

/// Throws Refused 3003 when the request expects another plan than the one that was just made: which
/// part of it changed, and, where the request brings the previewed plan, which nodes joined, which
/// are gone and why, and which moved to another batch (at most ten of each by name).
/// @param created with its plan, names, left_out and plan_sha256
void require_expected(Connection& connection, const NewRelease& request,
                      const CreatedRelease& created);

}  // namespace edgeroll::control
