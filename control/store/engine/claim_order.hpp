// Which claims are urgent (docs/contract.md 4.1): a release with work must not wait behind resting
// releases.
#pragma once

#include <string>

#include "control/store/rows/sql_parts.hpp"

namespace edgeroll::control {

/// Rank of a release in the order of claims.
enum class ClaimRank {
    at_work,  ///< begun, about to continue, or being stopped; and every rollback
    to_start,
    ended_by_hand,  ///< no other release waits for it
    asks_a_gate,    ///< its owner has at most to ask the gate
    at_rest,        ///< nothing is due
};

/// The release stands between batches until an operator continues it or its time comes, and no node
/// runs: its owner has nothing to do. Follows the core's rules (release/step/between_batches.cpp).
/// A release that this condition wrongly takes for resting is only claimed later.
[[nodiscard]] inline std::string is_resting(const Dialect& dialect) {
    const std::string until = dialect.written_time("hold_until");
    return "(" + effective_action() +
           " NOT IN ('continue', 'stop') AND COALESCE(batch_status, '') <> 'stopped' AND "
           "aborted_at IS NULL AND "
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
    return "CASE WHEN status IN ('success', 'failed', 'cancelled') THEN 2 WHEN rolls_back IS NOT "
           "NULL AND status = 'pending' THEN 0 WHEN " +
           is_resting(dialect) +
           " THEN CASE WHEN hold IN ('bake', 'gate') THEN 3 ELSE 4 END WHEN current_batch > 0 OR "
           "requested_action = 'stop' THEN 0 ELSE 1 END";
}

}  // namespace edgeroll::control
