// Pools of max_parallel_per that keep nodes waiting, shown in `waitingFor`.
#pragma once

#include <vector>

#include "control/api/ports/release_views.hpp"
#include "control/store/db/connection.hpp"
#include "release/policy.hpp"

namespace edgeroll::control {

/// Full pools for which a node of the present batch (the lowest unfinished batch) waits, in the
/// order of the rules, then by value. Inside the caller's transaction.
[[nodiscard]] std::vector<FullPool> read_full_pools(Connection& connection, release::ReleaseId id,
                                                    const std::vector<release::PoolRule>& rules);

}  // namespace edgeroll::control
