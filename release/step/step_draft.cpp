#include "release/step/step_draft.hpp"

#include <algorithm>

#include "release/failures.hpp"
#include "release/limits.hpp"
#include "release/mutant.hpp"
#include "release/step/pools.hpp"
#include "release/step/status_counts.hpp"

namespace edgeroll::release {
namespace {

std::size_t batch_of(const Release& release, std::size_t position) {
    const auto ends_after = [](std::size_t wanted, const BatchState& batch) {
        return wanted < batch.end;
    };
    return static_cast<std::size_t>(
        std::upper_bound(release.batches.begin(), release.batches.end(), position, ends_after) -
        release.batches.begin());
}

void pass_finished(Release& release) {
    std::size_t& finished = release.finished_batches;
    while (finished < release.batches.size() && is_finished(release.batches[finished].counts))
        ++finished;
}

/// Updates the counters of the batch and the pools of a node that is a member.
void recount(Release& release, std::size_t position, NodeStatus from, NodeStatus to) {
    const std::size_t index = batch_of(release, position);
    for (StatusCounts* counts : {&release.batches[index].counts, &release.counts}) {
        count(*counts, from, -1);
        count(*counts, to, +1);
    }
    const bool was_running = from == NodeStatus::running;
    const bool is_running = to == NodeStatus::running;
    const std::size_t group = release.nodes[position].group;
    if (was_running != is_running) count_running(release, group, is_running ? +1 : -1);
    if (was_running && !is_running && has_mutant(Mutant::slot_counted_twice)) {
        count_running(release, group, -1);
    }
    update_failures(release, position, index);
    pass_finished(release);
}

}  // namespace

void Draft::end_silence(std::size_t position) {
    NodeState& node = release.nodes[position];
    node.silent_since = never;
    release.silent.erase(position);
    if (node.is_slot_free) {
        node.is_slot_free = false;
        --release.free_slots;
        count_running(release, node.group, +1);
    }
    if (!node.is_dark) return;
    node.is_dark = false;
    note("node_back", {}, node.row.id);
}

NodeChange& Draft::change_node(std::size_t position, NodeStatus to) {
    NodeState& node = release.nodes[position];
    if (node.silent_since != never) end_silence(position);
    NodeChange change;
    change.row_id = node.row.row_id;
    change.node = node.row.id;
    change.from = node.row.status;
    change.to = to;
    change.attempt = node.row.attempt;
    change.ids_passed_over = node.row.ids_passed_over;
    change.task_id = node.row.task_id;
    node.row.status = to;
    node.row.reason = ReasonKind::none;
    node.row.trouble.clear();
    node.progress = 0;
    node.has_new_progress = false;
    node.new_trouble.reset();
    if (to != NodeStatus::running) {
        if (node.is_starting) --release.starting;
        node.is_starting = false;
        node.is_in_conversation = false;
        node.deadline = never;
    }
    if (position < release.members) {
        const bool ends = change.from == NodeStatus::running && to != NodeStatus::running;
        if (ends) release.last_finish = now;
        recount(release, position, change.from, to);
    }
    commit.nodes.push_back(std::move(change));
    return commit.nodes.back();
}

void Draft::set_status(ReleaseStatus status) {
    release.seen.status = status;
    commit.release.status = status;
    commit.status_after = commit.nodes.size();
}

void Draft::set_batch_status(BatchStatus status) {
    if (release.seen.batch_status == status) return;
    release.seen.batch_status = status;
    commit.release.batch_status = status;
}

void Draft::set_last_error(std::string text) {
    if (release.seen.last_error == text) return;
    release.seen.last_error = text;
    commit.release.last_error = std::move(text);
}

void Draft::skip_all_pending(ReasonKind kind, const std::string& reason) {
    const bool is_deferral = release.seen.catches_up;
    commit.skip_pending = SkipPending{reason, is_deferral, kind};
    for (BatchState& batch : release.batches) {
        if (batch.counts.pending == 0) continue;
        for (std::size_t i = batch.begin; i < batch.end; ++i) {
            NodeRow& row = release.nodes[i].row;
            if (row.status != NodeStatus::pending) continue;
            row.status = is_deferral ? NodeStatus::deferred : NodeStatus::skipped;
            row.reason = kind;
            row.error = reason;
        }
        const int pending = batch.counts.pending;
        for (StatusCounts* counts : {&batch.counts, &release.counts}) {
            count(*counts, NodeStatus::pending, -pending);
            count(*counts, is_deferral ? NodeStatus::deferred : NodeStatus::skipped, pending);
        }
        batch.queues.clear();
    }
    build_failures(release);  // the shares of failed nodes have grown
    pass_finished(release);
}

void Draft::wake(Instant at) {
    wake_at = std::min(wake_at, at);
}

void Draft::stand(Hold hold, Instant until) {
    Snapshot& seen = release.seen;
    seen.hold = hold;
    release.hold_until = until;
    commit.release.hold = hold;
    commit.release.hold_for.reset();
    if (until != never) commit.release.hold_for = std::max(until - now, Millis{0});
    if (seen.current_batch > 0 && seen.status != ReleaseStatus::paused) {
        set_status(ReleaseStatus::paused);
    }
}

void Draft::begin_hold(Hold hold, Instant until) {
    stand(hold, until);
    note("hold", {{"for", std::string(to_text(hold))}});
}

void Draft::end_hold() {
    Snapshot& seen = release.seen;
    if (seen.hold != Hold::none) commit.release.hold = seen.hold = Hold::none;
    release.hold_until = never;
    release.gates.clear();  // the next look asks at once
    if (!seen.is_pause_marked) return;
    seen.is_pause_marked = false;
    release.worked_at = now;
    commit.release.ends_pause = true;
}

void Draft::mark_pause() {
    Snapshot& seen = release.seen;
    if (seen.is_pause_marked || seen.current_batch == 0) return;
    if (has_mutant(Mutant::paused_time_counted)) return;
    seen.worked = worked(release, now);
    release.worked_at = now;
    seen.is_pause_marked = true;
    commit.release.marks_pause = true;
}

void Draft::note(std::string kind, std::vector<std::pair<std::string, std::string>> detail,
                 std::optional<NodeId> node) {
    HistoryRow row;
    row.node = node;
    row.kind = std::move(kind);
    row.detail = std::move(detail);
    row.after_nodes = commit.nodes.size();
    commit.history.push_back(std::move(row));
}

void Draft::prove(Evidence row) {
    commit.evidence.push_back(std::move(row));
}

void Draft::read_again() {
    if (release.is_reread_asked) return;
    release.is_reread_asked = true;
    effects.emplace_back(ReadAgain{});
}

void Draft::read_batch(int number) {
    if (release.is_reread_asked || release.is_batch_read_asked) return;
    release.is_batch_read_asked = true;
    effects.emplace_back(ReadAgain{number});
}

void Draft::let_go(std::string reason, bool is_finished) {
    is_let_go = true;
    effects.emplace_back(LetGo{std::move(reason), is_finished});
}

void Draft::finish(ReleaseStatus status) {
    if (release.seen.catches_up && !is_final(release.seen.status)) status = ReleaseStatus::success;
    if (release.seen.status != status) set_status(status);
    release.seen.is_ended = true;
    set_batch_status(status == ReleaseStatus::success ? BatchStatus::completed
                                                      : BatchStatus::stopped);
    commit.release.is_finished = true;
    end_hold();
    // A row that was added after the last reading must not stay pending in a finished release (I5).
    if (!commit.skip_pending) {
        commit.skip_pending =
            SkipPending{std::string(added_late_text), false, ReasonKind::added_late};
    }
    if (release.seen.requested != Action::none) commit.release.clears_action = true;
    release.seen.requested = Action::none;
    let_go("finished", true);
}

}  // namespace edgeroll::release
