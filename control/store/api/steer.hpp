// Steering a release through the API: pause, continue, stop, retry, new limits (docs/contract.md
// section 6).
#pragma once

#include "control/api/ports/release_views.hpp"
#include "control/api/ports/steering.hpp"
#include "control/store/db/connection.hpp"

namespace edgeroll::control {

/// See ApiStore. Refusals are thrown (Refused).
[[nodiscard]] ReleaseView steer_release(Connection& connection, const SteerRequest& request);
[[nodiscard]] ForceStopped force_stop_release(Connection& connection, const ActionRequest& request);
[[nodiscard]] Retried retry_release(Connection& connection, const RetryRequest& request);
[[nodiscard]] ReleaseSummary limit_release(Connection& connection, const LimitRequest& request);

}  // namespace edgeroll::control
