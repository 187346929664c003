// Looking for deferred rows that nothing has taken over, and remembering what was taken over.
#pragma once

#include <optional>

#include "control/core/catch_up.hpp"
#include "control/store/db/connection.hpp"

namespace edgeroll::control {

/// Marks on the way what is left behind no more; the marks may be made again.
/// What a look may cost, whatever the history is: so many rows are judged at most, and a release is
/// read no more once nothing of it is left behind (release_tasks.catch_up), nor a row that a later
/// release has taken over for good (release_task_nodes.superseded_by).
[[nodiscard]] Stragglers sweep_deferred(Connection& connection,
                                        const std::optional<Straggler>& cursor, int limit);

}  // namespace edgeroll::control
