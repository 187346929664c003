// planSha256: a release is created only with the plan that the caller has previewed.
#pragma once

#include "control/api/ports/creation.hpp"
#include "control/store/db/connection.hpp"

namespace edgeroll::control {

/// Throws Refused 3003 when the request expects another plan than the current one. The message says
/// which part changed and, when the request carries the previewed plan, which nodes joined, which
/// are gone and why, and which moved to another batch (at most ten of each by name).
/// @param created with its plan, names, left_out and plan_sha256
void require_expected(Connection& connection, const NewRelease& request,
                      const CreatedRelease& created);

}  // namespace edgeroll::control
