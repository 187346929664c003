#include "release/step/steering.hpp"

#include "release/failures.hpp"
#include "release/limits.hpp"
#include "release/mutant.hpp"
#include "release/step/phase.hpp"

namespace edgeroll::release {
namespace {

void clear_action(Draft& draft) {
    draft.release.seen.requested = Action::none;
    draft.commit.release.clears_action = true;
}

void begin_stopping(Draft& draft) {
    draft.skip_all_pending(ReasonKind::stopped, "stopped by the operator");
    draft.set_batch_status(BatchStatus::stopped);
    draft.note("stop_started");
}

// Past failures and delays no longer count: the limits count from here, whichever of them paused
// the release (docs/contract.md section 6).
void waive(Draft& draft) {
    Release& release = draft.release;
    Snapshot& seen = release.seen;
    const Millis spent = worked(release, draft.now);
    const TimeLimit over = exceeded_time(release, draft.now);
    const bool has_failed = waivable(release) != seen.waived_failures;
    if (has_failed) {
        draft.commit.release.waived_failures = seen.waived_failures = waivable(release);
        build_failures(release);
    }
    if (over == TimeLimit::release) {
        draft.commit.release.forgotten_work = spent;
        seen.worked = Millis{0};
        release.worked_at = draft.now;
    }
    if (over != TimeLimit::none) {
        draft.commit.release.batch_work_start = seen.batch_work_start =
            over == TimeLimit::release ? Millis{0} : spent;
    }
    if (!has_failed && over == TimeLimit::none) return;
    draft.note("waived", {{"failures", std::to_string(seen.waived_failures)}});
}

// The effect of a seeded bug.
void skip_batch(Draft& draft, std::size_t index) {
    const Release& release = draft.release;
    if (index == release.batches.size()) return;
    const BatchState& batch = release.batches[index];
    for (std::size_t i = batch.begin; i < batch.end; ++i) {
        if (release.nodes[i].row.status == NodeStatus::pending) {
            draft.change_node(i, NodeStatus::skipped);
        }
    }
}

}  // namespace

void cancel_running(Draft& draft) {
    for (NodeState& node : draft.release.nodes) {
        if (node.row.status != NodeStatus::running || node.is_cancel_sent) continue;
        node.is_cancel_sent = true;
        draft.effects.emplace_back(
            CancelTask{node.row.id, node.row.address, node.row.task_id, node.deadline});
    }
}

void carry_on_stopping(Draft& draft) {
    Release& release = draft.release;
    if (release.seen.batch_status != BatchStatus::stopped || release.counts.pending > 0) {
        begin_stopping(draft);
    }
    if (release.counts.running == 0) {
        draft.finish(ReleaseStatus::cancelled);
        return;
    }
    cancel_running(draft);
}

void take_continue(Draft& draft) {
    Release& release = draft.release;
    Snapshot& seen = release.seen;
    // An operator overwrote a pause with another status: edgeroll never writes this combination.
    const bool is_running = seen.status == ReleaseStatus::running;
    const bool is_pausing = seen.hold != Hold::none || seen.batch_status == BatchStatus::paused;
    const bool waits_for_operator = seen.hold != Hold::none && !ends_by_itself(seen.hold);
    const bool is_by_hand =
        (is_running && is_pausing) || (seen.status == ReleaseStatus::pending && waits_for_operator);
    if (seen.requested != Action::resume && !is_by_hand) return;
    if (seen.requested == Action::resume) clear_action(draft);
    const Hold held_by = seen.hold;
    draft.note("continued", {{"from", std::string(to_text(held_by))}});
    const bool was_held = seen.hold != Hold::none || seen.status == ReleaseStatus::paused;
    if (!was_held && !is_by_hand) return;
    if (seen.hold == Hold::failure) waive(draft);
    draft.set_last_error("");
    const Phase phase = phase_of(release);
    if (phase.stage == Stage::between) {
        draft.prove(Evidence{seen.current_batch, evidence::by_operator, Judgement::info, true,
                             "an operator continues",
                             "past the hold " + std::string(to_text(held_by))});
        // Every hold but the windows is passed. The rest is written down, since the batch may have
        // to wait for a reading. The history mentions a window only if the release waits for it.
        draft.stand(Hold::window, draft.now);
        if (has_mutant(Mutant::continue_skips_a_batch)) skip_batch(draft, phase.next);
        return;
    }
    draft.end_hold();
    // Before the first batch the release returns to `pending`.
    const bool is_started = phase.stage == Stage::in_batch;
    draft.set_status(is_started ? ReleaseStatus::running : ReleaseStatus::pending);
    draft.set_batch_status(is_started ? BatchStatus::running : BatchStatus::none);
}

void take_pause(Draft& draft, bool is_between_batches) {
    Snapshot& seen = draft.release.seen;
    if (seen.requested == Action::pause && is_between_batches) {
        clear_action(draft);
        draft.note("paused");
        if (seen.status != ReleaseStatus::paused) draft.set_status(ReleaseStatus::paused);
        draft.begin_hold(Hold::review, never);
        return;
    }
    // An operator wrote the pause: it holds at once, until an operator continues. Before the first
    // batch a release that waits for a window is `pending`, so `paused` is an operator's status
    // there as well.
    const bool is_unstarted = seen.current_batch == 0 && ends_by_itself(seen.hold);
    if (seen.status == ReleaseStatus::paused && (seen.hold == Hold::none || is_unstarted)) {
        draft.begin_hold(Hold::review, never);
    }
}

}  // namespace edgeroll::release
