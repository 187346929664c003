// Figures about releases, from the database.
#pragma once

#include "control/api/ports/stats.hpp"
#include "control/store/db/connection.hpp"

namespace edgeroll::control {

/// Inside the caller's transaction.
[[nodiscard]] QueueFigures read_queue(Connection& connection);

/// Times of the release that ended last. Inside the caller's transaction.
[[nodiscard]] std::optional<ReleaseTimes> read_last_ended(Connection& connection);
/// Nothing: no rollback has ended.
[[nodiscard]] std::optional<RollbackTimes> read_last_rollback(Connection& connection);

[[nodiscard]] Stats read_stats(Connection& connection);

}  // namespace edgeroll::control
