#include "release/step/abort.hpp"

#include <algorithm>
#include <set>

#include "release/step/steering.hpp"

namespace edgeroll::release {
namespace {

// A task that its agent has not ended may still run there: only an agent that queues the rollback's
// task behind it may get one.
bool may_be_given_up(const NodeState& node) {
    return node.row.status == NodeStatus::running && node.is_own_agent && node.may_have_task;
}

void give_up_silent(Draft& draft) {
    Release& release = draft.release;
    const std::set<std::size_t> silent = release.silent;  // a node that is given up leaves it
    for (const std::size_t i : silent) {
        const NodeState& node = release.nodes[i];
        if (!may_be_given_up(node)) continue;
        const Instant end =
            std::max(node.silent_since, release.aborted_at) + release.seen.policy.abandon;
        if (draft.now < end) {
            draft.wake(end);
            continue;
        }
        if (draft.commit.nodes.size() >= events_per_step) {
            draft.is_full = true;
            return;
        }
        NodeChange& change = draft.change_node(i, NodeStatus::failed);
        NodeRow& row = release.nodes[i].row;
        change.is_unheard = true;
        row.failure = change.failure = FailureKind::lost;
        row.error = change.error =
            "given up for the rollback: the agent has the task and is silent";
    }
}

}  // namespace

void begin_abort(Draft& draft) {
    Release& release = draft.release;
    release.seen.aborted_for = Millis{0};
    release.aborted_at = draft.now;
    draft.commit.release.is_aborted = true;
    draft.commit.creates_rollback = true;
    draft.note("aborted");
    carry_on_aborting(draft);
    // Only a reading shows whether the rollback could be made, and so whether anybody waits.
    if (!release.seen.is_ended) draft.read_again();
}

void carry_on_aborting(Draft& draft) {
    Release& release = draft.release;
    if (release.counts.pending > 0) {
        draft.skip_all_pending(ReasonKind::release_failed,
                               "not dispatched: the release is rolled back");
    }
    if (release.seen.last_error.empty()) draft.set_last_error("rolled back while it ran");
    if (release.seen.is_awaited) give_up_silent(draft);
    if (draft.is_full) return;
    if (release.counts.running == 0) {
        draft.finish(ReleaseStatus::failed);
        return;
    }
    draft.set_batch_status(BatchStatus::stopped);
    cancel_running(draft);
}

}  // namespace edgeroll::release
