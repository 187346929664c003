#include "release/step/first_look.hpp"

#include <algorithm>
#include <string>

#include "release/failures.hpp"
#include "release/mutant.hpp"

namespace edgeroll::release {
namespace {

bool is_first_batch(const Release& release) {
    const Snapshot& seen = release.seen;
    return seen.rolls_back && seen.current_batch > 0 && !release.batches.empty() &&
           seen.started_batch == release.batches.front().number;
}

// The first node of the batch that failed by its own word; nothing: none has.
const NodeRow* refused_by(const Release& release) {
    const BatchState& batch = release.batches.front();
    for (std::size_t i = batch.begin; i < batch.end; ++i) {
        const NodeRow& row = release.nodes[i].row;
        const bool is_refusal =
            row.status == NodeStatus::failed && row.failure == FailureKind::exec_failed;
        if (is_refusal && !is_set_aside(row)) {
            return &row;
        }
    }
    return nullptr;
}

// Since the last dispatch to a node that still runs.
Millis looked_for(const Release& release, Instant now) {
    const BatchState& batch = release.batches.front();
    Instant last{};
    for (std::size_t i = batch.begin; i < batch.end; ++i) {
        const NodeState& node = release.nodes[i];
        if (node.row.status == NodeStatus::running) last = std::max(last, node.intended_at);
    }
    return now - last;
}

}  // namespace

void note_first_look(Release& release, Instant now) {
    const Snapshot& seen = release.seen;
    if (!seen.rolls_back || seen.current_batch == 0 || release.is_look_over) return;
    if (!is_first_batch(release)) {
        release.is_look_over = !release.batches.empty() && seen.started_batch &&
                               *seen.started_batch > release.batches.front().number;
        return;
    }
    const StatusCounts& counts = release.batches.front().counts;
    if (counts.pending > 0) return;
    const bool is_refused = refused_by(release) != nullptr && seen.waived_failures == 0;
    const bool is_patient = has_mutant(Mutant::rollback_hostage_of_first);
    const bool is_over =
        counts.running == 0 || (looked_for(release, now) >= first_look_patience && !is_patient);
    release.is_look_over = counts.success > 0 || (!is_refused && is_over);
}

void watch_first_look(Draft& draft) {
    Release& release = draft.release;
    note_first_look(release, draft.now);
    if (release.is_look_over || !is_first_batch(release)) return;
    Snapshot& seen = release.seen;
    const StatusCounts& counts = release.batches.front().counts;
    if (counts.pending > 0 || seen.status != ReleaseStatus::running) return;
    const NodeRow* const row = refused_by(release);
    const Millis patience = row != nullptr ? seen.policy.abandon : first_look_patience;
    const Millis left = patience - looked_for(release, draft.now);
    if (counts.running > 0 && left > Millis{0}) {
        draft.wake(draft.now + left);
        return;
    }
    if (row == nullptr) return;
    const std::string name =
        row->address.name.empty() ? std::to_string(row->id.value) : row->address.name;
    draft.set_last_error("the content before does not work any more: node " + name + ": " +
                         row->error);
    draft.set_status(ReleaseStatus::paused);
    draft.begin_hold(Hold::failure, never);
    draft.set_batch_status(BatchStatus::paused);
    draft.mark_pause();
}

}  // namespace edgeroll::release
