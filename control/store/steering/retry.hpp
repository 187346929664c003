// Taking up the nodes of a finished release again (docs/contract.md section 6).
#pragma once

#include <vector>

#include "control/api/ports/steering.hpp"
#include "control/store/db/connection.hpp"
#include "release/retry.hpp"

namespace edgeroll::control {

/// See ApiStore::retry; the engine catches up with it as well. Returns the nodes that are taken up
/// again. With its own transaction. Refusals are thrown (Refused).
[[nodiscard]] std::vector<release::RetryRow> retry_nodes(Connection& connection,
                                                         const RetryRequest& request);

}  // namespace edgeroll::control
