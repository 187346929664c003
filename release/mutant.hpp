// Seeded bugs: the simulator proves with them that it finds what it is there for (tests/sim). Only
// its own build defines EDGEROLL_MUTANTS; in every other build has_mutant() is a constant false and
// the seeded lines are compiled away.
#pragma once

namespace edgeroll::release {

enum class Mutant {
    none,
    send_before_intent,          ///< effects run although the commit is not known to be done
    unknown_is_failed,           ///< an unknown commit is taken as not done, nothing is read again
    batch_opened_early,          ///< a batch starts while the one before still has running nodes
    skipped_counts_as_done,      ///< skipped nodes and exceeded limits do not keep a release from
                                 ///< success
    slot_freed_on_timeout,       ///< a request without an answer ends the node's conversation
    result_lost,                 ///< the batch writer drops a result now and then
    epoch_not_checked,           ///< database: a write's WHERE lacks the epoch
    fence_forgotten,             ///< agent: a dispatch with an older epoch is taken
    fence_not_kept,              ///< agent: the fence is not in the journal
    rerun_after_restart,         ///< agent: a restart forgets which tasks it has run
    continue_skips_a_batch,      ///< continue goes past the batch that was to come
    retry_forgets_limits,        ///< automatic attempts go on without end
    rollback_touches_untouched,  ///< database: a rollback takes every node of the release
    paused_time_counted,         ///< a pause counts as working time
    slot_counted_twice,          ///< the end of a node gives two places of its pools free
    gate_passed_by_takeover,     ///< a new owner does not ask the gate again
    operator_action_lost,        ///< database: a write's WHERE lacks requested_action
    row_not_compared,            ///< database: a node row is found without its id
    batch_by_ordinal,            ///< the batch started last is looked for by its ordinal
    late_rows_by_count,          ///< late rows are those above total_nodes, which never falls
    left_out_is_success,         ///< a retry forgets the failed nodes that it left alone
    order_forgotten,             ///< agent: a known task id is answered whoever's order it is
    answer_not_compared,         ///< a task of another release is taken for the one that was sent
};

#ifdef EDGEROLL_MUTANTS
/// The bug that is switched on now. Test-only, one thread.
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
