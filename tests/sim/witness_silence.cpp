// Silent nodes: what brakes a release (R6), and what no way back may wait for (R3, R4, I19).
#include <algorithm>
#include <limits>

#include "release/step/first_look.hpp"
#include "witness.hpp"

namespace edgeroll::sim {

using release::FailureKind;
using release::NodeStatus;

namespace {

const TaskRow* row_of(const std::vector<TaskRow>& rows, release::NodeId node) {
    const auto found = std::find_if(rows.begin(), rows.end(),
                                    [&](const TaskRow& row) { return row.node == node; });
    return found == rows.end() ? nullptr : &*found;
}

}  // namespace

// R4, counted anew from rows: a success, or nobody's own word against the content for a while.
bool Witness::is_first_look_over(const std::vector<TaskRow>& rows) const {
    constexpr Millis patience{4'500};  // counted from a little before the write
    int first = std::numeric_limits<int>::max();
    for (const TaskRow& row : rows) {
        if (!row.came_after_start) first = std::min(first, row.batch);
    }
    bool is_refused = false, is_too_early = false;
    for (const TaskRow& row : rows) {
        if (row.batch != first || row.came_after_start) continue;
        if (row.hand_changed_at || row.status == NodeStatus::success) return true;
        is_refused = is_refused || row.failure == FailureKind::exec_failed;
        const bool is_new = row.started_at && timeline_.now() < *row.started_at + patience;
        if (row.status == NodeStatus::pending) return false;
        if (row.status == NodeStatus::running && is_new) is_too_early = true;
    }
    return !is_too_early && !is_refused;
}

// R3: with on_failure: rollback nothing waits for the end of the running nodes. I19: no node of the
// first look holds up the others by its silence.
void Witness::check_way_back(const control::Claim& claim, const ReleaseRow& before,
                             const std::vector<TaskRow>& rows_before, const ReleaseRow& after,
                             const std::vector<TaskRow>& rows) {
    const bool is_to_undo = after.policy.on_failure == release::OnFailure::rollback &&
                            !after.rolls_back && !after.catches_up && after.current_batch > 0;
    const bool is_tripped = std::any_of(rows.begin(), rows.end(), [&](const TaskRow& row) {
        const TaskRow* old = row_of(rows_before, row.node);
        return old != nullptr && old->status != row.status &&
               row.reason == release::ReasonKind::release_failed;
    });
    if (is_to_undo && is_tripped && !after.aborted_at) {
        violated("R3", name_of(after) + " fails, and its rollback waits for its nodes");
    }
    if (!after.rolls_back || before.current_batch != 1 || after.current_batch != 2) return;
    const auto disturbed = disturbed_at_.find({claim.owner, after.id});
    Instant last{};  // the last dispatch: a small start window spreads them
    constexpr Millis most = release::first_look_patience + Millis{15'000};
    for (const TaskRow& row : rows) {
        if (row.batch != rows.front().batch || row.hand_changed_at) continue;
        // A success that came later than that is no excuse: the others were to go before it.
        const bool is_in_time = row.status == NodeStatus::success && row.started_at &&
                                row.finished_at && *row.finished_at < *row.started_at + most;
        const bool has_word =
            is_in_time || row.failure == FailureKind::exec_failed || !row.started_at;
        if (has_word || (disturbed != disturbed_at_.end() && disturbed->second >= *row.started_at))
            return;
        last = std::max(last, *row.started_at);
    }
    const Work& work = work_[after.id];
    const Millis worked = work.done + (work.since ? timeline_.now() - *work.since : Millis{0}) -
                          work.done_before_batch;
    const Millis longest = std::min(worked, timeline_.now() - last);
    if (longest > most) {
        violated("I19", name_of(after) + " waited " + std::to_string(longest.count()) +
                            " ms for the silent nodes of its first batch");
    }
}

// Since a while, by what the owner of the release has heard.
bool Witness::is_silent(const control::Claim& claim, const ReleaseRow& release, const TaskRow& row,
                        Millis span) const {
    const auto heard = heard_at_.find({claim.owner, TaskKey{release.order_id, row.task_id}});
    if (heard != heard_at_.end()) return heard->second < timeline_.now() - span;
    return row.started_at && *row.started_at < timeline_.now() - span;
}

// R6: a node that took its task and fell silent counts as failed before another one starts.
void Witness::check_brake(const control::Claim& claim, const ReleaseRow& release,
                          const std::vector<TaskRow>& rows, const TaskRow& row) {
    // Control asks at least each 5 s, for at most 5 s, and waits for an answer.
    constexpr Millis noticed{40'000};
    const auto disturbed = disturbed_at_.find({claim.owner, release.id});
    const Instant since = timeline_.now() - noticed;
    if (disturbed != disturbed_at_.end() && disturbed->second >= since) return;
    if (release.rolls_back || release.catches_up) return;
    std::vector<TaskRow> known = rows;
    for (TaskRow& other : known) {
        if (other.hand_changed_at || other.came_after_start) return;
        const bool is_taken = taken_.contains({release.order_id, other.task_id});
        if (other.status != NodeStatus::running || other.node == row.node || !is_taken) continue;
        if (is_silent(claim, release, other, noticed)) other.status = NodeStatus::failed;
    }
    if (exceeds_limits(release, known)) {
        violated("R6", "node " + std::to_string(row.node.value) + " of " + name_of(release) +
                           " is dispatched although nodes went dark");
    }
}

}  // namespace edgeroll::sim
