// Whose claim is urgent (docs/contract.md 4.1): a release at work must not wait behind those that
// rest.
#pragma once

#include <string>

#include "control/store/rows/sql_parts.hpp"

namespace edgeroll::control {

/// Where a release stands in the order of claims.
enum class ClaimRank {
    at_work,  ///< it was begun, goes on now, or is being stopped
    to_start,
    ended_by_hand,  ///< it keeps nobody waiting
    asks_a_gate,    ///< owning it is no work, but somebody has to ask
    at_rest,        ///< nothing is due
};

/// It stands between batches until somebody continues or its time comes, and no node runs: whoever
/// owns it has nothing to do. By the core's rules (release/step/between_batches.cpp); one that this
/// takes for resting although it is not is only claimed later.
[[nodiscard]] inline std::string is_resting(const Dialect& dialect) {
    const std::string until = dialect.written_time("hold_until");
    return "(" + effective_action() +
           " NOT IN ('continue', 'stop') AND COALESCE(batch_status, '') <> 'stopped' AND "
           "((status = 'paused' AND COALESCE(hold, '') NOT IN ('bake', 'gate', 'interval', "
           "'window')) OR (status IN ('paused', 'pending') AND COALESCE(hold, '') IN ('bake', "
           "'gate', 'interval', 'window') AND COALESCE(" +
           until + ", " + dialect.now() + ") > " + dialect.now() +
           ")) AND NOT (current_batch > 0 AND (SELECT COUNT(*) FROM release_task_nodes at_work "
           "WHERE at_work.release_task_id = release_tasks.id AND at_work.status = 'running') > "
           "0))";
}

/// The number of a ClaimRank.
[[nodiscard]] inline std::string claim_rank(const Dialect& dialect) {
    return "CASE WHEN status IN ('success', 'failed', 'cancelled') THEN 2 WHEN " +
           is_resting(dialect) +
           " THEN CASE WHEN hold = 'gate' THEN 3 ELSE 4 END WHEN current_batch > 0 OR "
           "requested_action = 'stop' THEN 0 ELSE 1 END";
}

}  // namespace edgeroll::control
