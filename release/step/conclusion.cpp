#include "release/step/conclusion.hpp"

#include "release/limits.hpp"
#include "release/step/phase.hpp"
#include "release/unfit_keys.hpp"

namespace edgeroll::release {
namespace {

// Names the nodes that the last retry left out; empty: none. They can still be retried.
std::string left_out_text(const Release& release) {
    std::string text;
    const int failed = left_out_failures(release);
    if (failed > 0) {
        text = std::to_string(failed) + (failed == 1 ? " failed node was" : " failed nodes were") +
               " left out of the retry";
    }
    const int missed = left_out(release);
    if (missed > 0) {
        text += (text.empty() ? "" : "; ") + std::to_string(missed) +
                (missed == 1 ? " node that was" : " nodes that were") +
                " not dispatched before the retry must be retried too";
    }
    return text;
}

// Only a content that was looked at to the end is a good one (I18).
void note_look(Draft& draft) {
    const Snapshot& seen = draft.release.seen;
    if (seen.catches_up) return;  // it was looked at, or not, when it succeeded
    const bool is_cut_short = seen.hold == Hold::window || seen.hold == Hold::interval;
    const bool has_look = seen.policy.has_look();
    draft.commit.release.is_baked = !has_look || (looks_at_the_end(seen.policy) && !is_cut_short);
    if (has_look && is_cut_short) draft.note("unbaked");
}

}  // namespace

void note_unproven(Draft& draft) {
    const Release& release = draft.release;
    const auto& started = release.seen.started_batch;
    const std::size_t index = started ? batch_from(release, *started) : release.batches.size();
    if (index == release.batches.size() || release.batches[index].number != *started) return;
    const StatusCounts& counts = release.batches[index].counts;
    if (counts.success > 0 || counts.failed > 0 || counts.cancelled > 0) return;
    draft.note("batch_unproven", {{"batch", std::to_string(release.seen.current_batch)},
                                  {"deferred", std::to_string(counts.deferred)},
                                  {"skipped", std::to_string(counts.skipped)}});
}

bool has_left_out(const Release& release) {
    return left_out_failures(release) > 0 || left_out(release) > 0;
}

void conclude(Draft& draft) {
    note_unproven(draft);
    const Snapshot& seen = draft.release.seen;
    // The limits of a rollback are open, so nothing else says so.
    if (seen.rolls_back && draft.release.counts.success == 0) {
        draft.set_last_error("no node was put back");
        draft.finish(ReleaseStatus::failed);
        return;
    }
    const std::string missed = left_out_text(draft.release);
    // Why the others were not dispatched is said already, where the cause has passed meanwhile.
    if (!missed.empty() && draft.release.seen.last_error.empty()) draft.set_last_error(missed);
    if (missed.empty()) {
        draft.set_last_error("");  // nodes that were dark for a while, and all succeeded
        note_look(draft);
    }
    draft.finish(missed.empty() ? ReleaseStatus::success : ReleaseStatus::failed);
}

}  // namespace edgeroll::release
