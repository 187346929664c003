#include "release/step/limit_exceeded.hpp"

#include "release/failures.hpp"
#include "release/limits.hpp"
#include "release/mutant.hpp"
#include "release/step/abort.hpp"
#include "release/step/phase.hpp"
#include "release/step/silence.hpp"

namespace edgeroll::release {
namespace {

// The first failure that counts, from the running batch if it has one.
const NodeRow* failure_to_name(const Release& release) {
    const auto& started = release.seen.started_batch;
    const std::size_t index = started ? batch_from(release, *started) : release.batches.size();
    return first_failure(release,
                         index < release.batches.size() ? release.batches[index].begin : 0);
}

// A node's time ends with the time of its batch and its release, as computed when it was started;
// every reading computes the working time anew, from when the start was written.
bool is_out_of_time_with(const Release& release, const NodeRow* row) {
    return row != nullptr && row->failure == FailureKind::timeout &&
           release.seen.status == ReleaseStatus::running;
}

Reason failure_reason(const Release& release, const std::string& limit) {
    const NodeRow* row = failure_to_name(release);
    if (row == nullptr) return {limit, limit};
    const std::string name =
        row->address.name.empty() ? std::to_string(row->id.value) : row->address.name;
    const std::string where = "node " + name + " in batch " + std::to_string(row->batch);
    return {where + ": " + row->error + " (" + limit + ")", where + " failed (" + limit + ")"};
}

}  // namespace

void halt(Draft& draft, const Reason& reason) {
    Release& release = draft.release;
    draft.set_last_error(reason.full);
    if (release.counts.pending > 0)
        draft.skip_all_pending(ReasonKind::release_failed, "not dispatched: " + reason.brief);
    const bool is_to_undo = release.seen.policy.on_failure == OnFailure::rollback &&
                            !release.seen.rolls_back && !release.seen.catches_up &&
                            release.seen.current_batch > 0;
    if (is_to_undo &&
        !(has_mutant(Mutant::rollback_waits_for_running) && release.counts.running > 0)) {
        begin_abort(draft);
        return;
    }
    if (release.counts.running > 0) return;
    const bool is_lie = has_mutant(Mutant::skipped_counts_as_done);
    draft.finish(is_lie ? ReleaseStatus::success : ReleaseStatus::failed);
}

void trip(Draft& draft, const Reason& reason) {
    Release& release = draft.release;
    if (release.seen.policy.on_failure != OnFailure::pause) {
        halt(draft, reason);
        return;
    }
    draft.set_last_error(reason.full);
    if (release.counts.running > 0) return;  // no further node is started; running nodes end
    // Before the first batch too: `pending` with an operator's hold would look like a continue that
    // was written as the status.
    if (release.seen.status != ReleaseStatus::paused) draft.set_status(ReleaseStatus::paused);
    if (release.seen.hold != Hold::failure) draft.begin_hold(Hold::failure, never);
    draft.set_batch_status(BatchStatus::paused);
    draft.mark_pause();
}

namespace {

// The limit that trips now; nothing: none does.
std::optional<Reason> exceeded(const Release& release, Instant now) {
    const TimeLimit over = exceeded_time(release, now);
    const std::string text = describe(over, release.seen.policy);
    if (const auto limit = exceeded_limit(release)) {
        Reason reason = failure_reason(release, *limit);
        // A time limit that causes the failure is named, even if it passes only a moment later.
        constexpr Millis reckoning{1'000};
        const bool is_near = is_out_of_time_with(release, failure_to_name(release));
        const TimeLimit cause = is_near ? exceeded_time(release, now + reckoning) : over;
        if (cause != TimeLimit::none) {
            reason.full += "; " + describe(cause, release.seen.policy);
        }
        return reason;
    }
    // A pause would wait for the end of the dark nodes: until then the brake does as much.
    const bool may_pause = release.seen.policy.on_failure == OnFailure::pause;
    if (auto dark = exceeded_by_dark(release, now); dark && !may_pause) return dark;
    if (over == TimeLimit::none) return std::nullopt;
    return Reason{text, text};
}

}  // namespace

bool trip_if_exceeded(Draft& draft) {
    const Snapshot& seen = draft.release.seen;
    const auto reason = exceeded(draft.release, draft.now);
    if (!reason) return false;
    const bool was_held = seen.hold == Hold::failure;
    const bool has_pending = draft.release.counts.pending > 0;
    trip(draft, *reason);
    // Once: in the commit that skips what is pending, or else that ends, aborts or pauses it.
    const ReleaseChange& change = draft.commit.release;
    const bool is_held_now = !was_held && seen.hold == Hold::failure;
    const bool skips = has_pending && draft.release.counts.pending == 0;
    const bool ends = change.is_finished && draft.release.counts.skipped == 0;
    if (skips || ends || change.is_aborted || is_held_now) {
        draft.prove(Evidence{seen.current_batch, evidence::limits, Judgement::fail, true,
                             "within the limits", reason->full});
    }
    return true;
}

}  // namespace edgeroll::release
