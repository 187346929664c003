// Finds deferred rows that no later release has superseded, and marks superseded rows.
#pragma once

#include <optional>

#include "control/core/reconciler.hpp"
#include "control/store/db/connection.hpp"

namespace edgeroll::control {

/// Also marks superseded rows; the marks may be repeated. The cost of a look is bounded for any
/// history: at most so many rows are judged, and a release is not read again once none of its rows
/// is left behind (release_tasks.catch_up), nor a row that a later release has finally superseded
/// (release_task_nodes.superseded_by).
[[nodiscard]] Stragglers sweep_deferred(Connection& connection,
                                        const std::optional<Straggler>& cursor, int limit);

}  // namespace edgeroll::control
