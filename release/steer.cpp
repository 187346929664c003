// What operators ask for: pause, continue and stop, through requested_action or by writing the
// status.
#include "release/draft.hpp"

namespace edgeroll::release {
namespace {

void clear_action(Draft& draft) {
    draft.release.seen.requested = Action::none;
    draft.commit.release.clears_action = true;
}

void begin_stopping(Draft& draft) {
    draft.skip_all_pending("stopped by the operator");
    draft.set_batch_status(BatchStatus::stopped);
    draft.note("stop_started");
}

}  // namespace

void carry_on_stopping(Draft& draft) {
    Release& release = draft.release;
    if (release.seen.batch_status != BatchStatus::stopped || release.counts.pending > 0) {
        begin_stopping(draft);
    }
    if (release.counts.running == 0) {
        draft.finish(ReleaseStatus::cancelled);
        return;
    }
    for (NodeState& node : release.nodes) {
        if (node.row.status != NodeStatus::running || node.is_cancel_sent) continue;
        node.is_cancel_sent = true;
        draft.effects.emplace_back(CancelTask{node.row.id, node.row.address, node.row.task_id});
    }
}

bool steer(Draft& draft, bool is_between_batches) {
    Snapshot& seen = draft.release.seen;
    if (seen.requested == Action::resume) {
        clear_action(draft);
        draft.note("continued");
        if (seen.status == ReleaseStatus::paused) draft.set_status(ReleaseStatus::running);
    }
    if (seen.requested == Action::pause && is_between_batches) {
        clear_action(draft);
        draft.note("paused");
        if (seen.status != ReleaseStatus::paused) draft.set_status(ReleaseStatus::paused);
    }
    if (seen.status == ReleaseStatus::paused) {
        if (is_between_batches) draft.set_batch_status(BatchStatus::paused);
        return true;
    }
    if (seen.batch_status == BatchStatus::paused) draft.set_batch_status(BatchStatus::running);
    return false;
}

}  // namespace edgeroll::release
