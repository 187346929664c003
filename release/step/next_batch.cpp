#include "release/step/next_batch.hpp"

#include "release/limits.hpp"
#include "release/step/between_batches.hpp"
#include "release/step/conclusion.hpp"
#include "release/step/first_look.hpp"
#include "release/step/held_nodes.hpp"
#include "release/step/limit_exceeded.hpp"
#include "release/step/phase.hpp"
#include "release/step/probation.hpp"
#include "release/step/start_nodes.hpp"
#include "release/step/started_batch.hpp"
#include "release/step/steering.hpp"

namespace edgeroll::release {
namespace {

// From the first batch on, the content of the release is fixed, even if its version gets another.
void fix_content(Draft& draft) {
    Snapshot& seen = draft.release.seen;
    if (!seen.content_sha256.empty()) return;
    seen.content_sha256 = seen.content.is_present ? seen.content.sha256
                          : seen.rolls_back       ? mixed_mark
                                                  : reload_only_mark;
    draft.commit.release.content_sha256 = seen.content_sha256;
    const bool is_reload =
        seen.type == TaskType::apply_config && seen.content_sha256 == reload_only_mark;
    if (is_reload) draft.note("reload_only");
}

// The batch that is done, against the limits that it has kept.
void note_limits(Draft& draft) {
    const Release& release = draft.release;
    const StatusCounts& counts = release.counts;
    const std::string summary =
        std::to_string(counts.success) + " succeeded, " + std::to_string(counts.failed) +
        " failed (" + std::to_string(release.seen.waived_failures) + " waived), " +
        std::to_string(counts.deferred) + " deferred, " + std::to_string(counts.skipped) +
        " skipped" +
        (counts.running > 0 ? ", " + std::to_string(counts.running) + " still run" : "");
    draft.prove(Evidence{release.seen.current_batch, evidence::limits, Judgement::pass, true,
                         "within the failure limits", summary});
}

// Work on the batch begins or resumes.
void open_batch(Draft& draft, const Phase& phase) {
    Release& release = draft.release;
    Snapshot& seen = release.seen;
    if (phase.stage == Stage::in_batch && seen.status == ReleaseStatus::running) return;
    if (phase.stage == Stage::unstarted) {
        fix_content(draft);
        draft.commit.release.is_started = true;
        seen.worked = Millis{0};
        release.worked_at = draft.now;
        draft.set_last_error("");
    }
    draft.end_hold();
    if (phase.stage != Stage::in_batch) {
        // After the first look of a rollback the batch before may still run.
        if (release.counts.running == 0) note_unproven(draft);
        if (phase.stage == Stage::between) note_limits(draft);
        start_batch(draft, phase.next);
        if (is_on_probation(release)) draft.note("probation_began");
    }
    draft.set_batch_status(BatchStatus::running);
    if (seen.status != ReleaseStatus::running) draft.set_status(ReleaseStatus::running);
}

// Paused within a batch: by an operator, or by a violation. Running nodes are still looked after.
void rest_within_batch(Draft& draft) {
    if (draft.release.counts.running > 0) return;
    draft.set_batch_status(BatchStatus::paused);
    draft.mark_pause();
}

// A time limit must act when it passes, even if nothing else happens then.
void watch_time(Draft& draft) {
    const Instant end = time_limit(draft.release, draft.now);
    if (end != never) draft.wake(end);
}

// An operator paused the release. Holds that end by themselves occur only between batches: if a row
// of a finished batch is pending again, such a hold has no effect.
bool is_paused_within(const Release& release) {
    return release.seen.status == ReleaseStatus::paused && !ends_by_itself(release.seen.hold);
}

// True if work on the lowest unfinished batch may go on now.
bool may_work_on(Draft& draft, const Phase& phase) {
    Release& release = draft.release;
    const int number = release.batches[phase.next].number;
    const bool is_between = phase.stage != Stage::in_batch;
    take_pause(draft, is_between);
    if (!is_between && is_paused_within(release)) {
        rest_within_batch(draft);
        return false;
    }
    if (is_between && release.read_for_batch != number) {
        // A reading of one batch would show the earlier ones as open.
        if (release.is_look_over) {
            draft.read_again();
        } else {
            draft.read_batch(number);
        }
        return false;
    }
    if (is_between && !may_open_next(draft)) return false;
    open_batch(draft, phase);
    return true;
}

}  // namespace

void work_on_batches(Draft& draft) {
    Release& release = draft.release;
    while (true) {
        if (trip_if_exceeded(draft)) return;
        watch_first_look(draft);
        const Phase now = phase_of(release);
        if (now.next == release.batches.size()) {
            if (has_left_out(release) || may_end(draft)) conclude(draft);
            return;
        }
        if (!may_work_on(draft, now)) return;
        BatchState& batch = release.batches[now.next];
        start_nodes(draft, batch);
        watch_first_look(draft);
        const bool is_open = batch.counts.pending > 0 || batch.counts.running > 0;
        if (is_open && lowest_unfinished(release) == now.next) {
            if (trip_if_exceeded(draft)) return;
            watch_time(draft);
            watch_held(draft, batch);
            return;
        }
    }
}

}  // namespace edgeroll::release
