// Figures about releases, from the database.
#pragma once

#include "control/store/api/stats_types.hpp"
#include "control/store/db/connection.hpp"

namespace edgeroll::control {

/// Inside the caller's transaction.
[[nodiscard]] QueueFigures read_queue(Connection& connection);

/// The 20 last started, newest first. Inside the caller's transaction.
[[nodiscard]] std::vector<ReleaseTimes> read_release_times(Connection& connection);

[[nodiscard]] Stats read_stats(Connection& connection);

}  // namespace edgeroll::control
