// Seeded bugs: the simulator finds each of them, which proves that it finds such bugs (tests/sim).
// Only its own build defines EDGEROLL_MUTANTS; in every other build has_mutant() is a constant
// false and the seeded lines are compiled away.
#pragma once

namespace edgeroll::release {

enum class Mutant {
    none,
    send_before_intent,      ///< effects run before the commit is confirmed
    unknown_is_failed,       ///< an unknown commit is treated as not done, without another reading
    batch_opened_early,      ///< a batch starts while the previous batch has running nodes
    skipped_counts_as_done,  ///< skipped nodes and exceeded limits do not prevent success
    slot_freed_on_timeout,   ///< a request without an answer ends the node's conversation
    result_lost,             ///< the batch writer sometimes drops a result
    epoch_not_checked,       ///< database: a write's WHERE lacks the epoch
    fence_forgotten,         ///< agent: a dispatch with an older epoch is accepted
    fence_not_kept,          ///< agent: the fence is not in the journal
    put_back_forgotten,      ///< agent: a failure after the switch ends the task as it is
    rerun_after_restart,     ///< agent: a restart forgets which tasks have run
    continue_skips_a_batch,  ///< continue skips the next batch
    retry_forgets_limits,    ///< automatic attempts have no limit
    rollback_touches_untouched,  ///< database: a rollback includes every node of the release
    paused_time_counted,         ///< a pause counts as working time
    slot_counted_twice,          ///< the end of a node frees two places of its pools
    gate_passed_by_takeover,     ///< a new owner does not ask the gate again
    fail_in_bake_ignored,        ///< a gate's refusal counts only after the bake
    no_data_passes,              ///< a gate's answer without data passes
    probation_skipped,           ///< an unproven content goes to a whole later batch
    opened_without_evidence,     ///< a success proves the content although nobody looked
    ramp_ignored,                ///< a large batch starts at once
    final_gate_skipped,          ///< nothing is looked at after the last batch
    operator_action_lost,        ///< database: a write's WHERE lacks requested_action
    row_not_compared,            ///< database: a node row is found without its id
    batch_by_ordinal,            ///< the batch started last is found by its ordinal
    late_rows_by_count,          ///< late rows are the rows above total_nodes, which never falls
    left_out_is_success,         ///< a retry forgets the failed nodes that it left out
    order_forgotten,             ///< agent: a known task id is answered for every order
    dark_node_deferred,  ///< a node that took its task and fell silent counts as unreachable
    dark_not_counted,    ///< nodes that went dark do not brake the release
    rollback_waits_for_running,  ///< on_failure: rollback waits for the end of every node
    rollback_waits_in_line,      ///< database: a rollback waits for releases that have not begun
    rollback_hostage_of_first,   ///< the first look of a rollback ends with its nodes only
    marks_maintenance,           ///< heartbeats mark a node whose status others wrote
    own_network_marked,      ///< heartbeats mark the fleet when the control's own network is gone
    away_counts_as_silence,  ///< a process that was stopped counts its own silence
    reconciles_banned,       ///< reconciliation gives a node a content that was banned since
    reconciles_held,         ///< reconciliation takes a node that an unfinished release has
    reconciles_too_fast,     ///< reconciliation forgets what it took within the last minute
    answer_not_compared,     ///< another release's task is accepted as the task that was sent
};

#ifdef EDGEROLL_MUTANTS
/// The active bug. Test-only, one thread.
inline Mutant& active_mutant() {
    static Mutant active = Mutant::none;
    return active;
}
[[nodiscard]] inline bool has_mutant(Mutant mutant) {
    return active_mutant() == mutant;
}
#else
[[nodiscard]] constexpr bool has_mutant(Mutant) {
    return false;
}
#endif

}  // namespace edgeroll::release
