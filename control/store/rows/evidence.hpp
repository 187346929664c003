// Rows of release_evidence, an append-only table (docs/contract.md 3.11).
#pragma once

#include <vector>

#include "control/store/db/connection.hpp"
#include "release/evidence.hpp"
#include "release/ids.hpp"

namespace edgeroll::control {

/// Inside the commit that rests on them. Throws DbFailure.
void add_evidence(Connection& connection, release::ReleaseId id,
                  const std::vector<release::Evidence>& rows);

}  // namespace edgeroll::control
