// Retries nodes of a finished release (docs/contract.md section 6).
#pragma once

#include <vector>

#include "control/api/ports/steering.hpp"
#include "control/store/db/connection.hpp"
#include "release/retry.hpp"

namespace edgeroll::control {

/// See ApiStore::retry. Returns the retried nodes. Uses its own transaction. Throws Refused.
[[nodiscard]] std::vector<release::RetryRow> retry_nodes(Connection& connection,
                                                         const RetryRequest& request);

/// The same within the caller's transaction, which must write.
[[nodiscard]] std::vector<release::RetryRow> retry_within(Connection& connection,
                                                          const RetryRequest& request);

}  // namespace edgeroll::control
