#include "release/step/observation.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "release/failures.hpp"
#include "release/limits.hpp"
#include "release/step/first_look.hpp"
#include "release/step/late_rows.hpp"
#include "release/step/phase.hpp"
#include "release/step/pools.hpp"
#include "release/step/probation.hpp"
#include "release/step/started_batch.hpp"
#include "release/step/status_counts.hpp"

namespace edgeroll::release {
namespace {

NodeState carried_over(const Release& before, NodeRow row) {
    NodeState node;
    node.row = std::move(row);
    node.is_own_agent = node.row.facts.is_own_agent;
    if (node.row.status != NodeStatus::running) return node;
    const auto position = find_node(before, node.row.id);
    if (!position) return node;
    const NodeState& old = before.nodes[*position];
    // An operator set it to running, without a task: it keeps the id that this process gave it.
    if (node.row.task_id.empty()) {
        node.row.task_id = old.row.task_id;
        node.row.attempt = old.row.attempt;
    }
    if (old.row.status != NodeStatus::running || old.row.task_id != node.row.task_id) return node;
    node.intended_at = old.intended_at;
    node.deadline = old.deadline;  // other rows get theirs from the database's clock
    node.is_in_conversation = old.is_in_conversation;
    node.is_starting = old.is_starting;
    node.is_cancel_sent = old.is_cancel_sent;
    node.is_own_agent = old.is_own_agent;  // what the agent itself said counts
    node.silent_since = old.silent_since;
    node.may_have_task = old.may_have_task;
    node.is_dark = old.is_dark;
    node.progress = old.progress;
    node.new_trouble = old.new_trouble;
    node.has_new_progress = old.has_new_progress;
    return node;
}

void note_changes_by_hand(Draft& draft, const Release& before) {
    for (const NodeState& node : draft.release.nodes) {
        const auto position = find_node(before, node.row.id);
        if (!position) continue;
        const NodeStatus was = before.nodes[*position].row.status;
        if (was == node.row.status) continue;
        // It ended just now, whatever time its row has: what follows is looked at from here.
        const bool ends =
            !is_final(was) && is_final(node.row.status) && node.row.status != NodeStatus::skipped;
        if (ends) draft.release.last_finish = draft.now;
        draft.note(
            "changed_by_hand",
            {{"was", std::string(to_text(was))}, {"is", std::string(to_text(node.row.status))}},
            node.row.id);
    }
}

// Late rows follow the others: they are in no batch, and nothing about them counts.
void place(Release& release, const Release& before, std::vector<NodeRow> rows,
           const std::vector<bool>& is_late) {
    release.nodes.reserve(rows.size());
    for (const bool wanted : {false, true}) {
        for (std::size_t i = 0; i < rows.size(); ++i) {
            if (is_late[i] != wanted) continue;
            release.nodes.push_back(carried_over(before, std::move(rows[i])));
        }
        if (!wanted) release.members = release.nodes.size();
    }
}

// The row of the release records its own content; the contents that rows name (rollbacks) are
// compared with the previous reading.
void watch_other_contents(Release& release, const Release& before) {
    if (!before.is_observed || before.seen.current_batch == 0) return;
    for (const auto& [version, content] : release.seen.other_contents) {
        for (const auto& [known, was] : before.seen.other_contents) {
            if (known != version || was.sha256 == content.sha256) continue;
            release.seen.problems.push_back("the content of version " +
                                            std::to_string(version.value) +
                                            " was changed after the release was started");
        }
    }
}

void count_batches(Release& release) {
    for (std::size_t i = 0; i < release.members; ++i) {
        const NodeState& node = release.nodes[i];
        if (release.batches.empty() || release.batches.back().number != node.row.batch) {
            BatchState batch;
            batch.number = node.row.batch;
            batch.begin = batch.end = i;
            release.batches.push_back(batch);
        }
        release.batches.back().end = i + 1;
        count(release.batches.back().counts, node.row.status, +1);
        count(release.counts, node.row.status, +1);
        if (node.is_starting) ++release.starting;
        if (node.silent_since != never) release.silent.insert(i);
    }
}

void index_by_id(Release& release) {
    release.by_id.resize(release.nodes.size());
    std::iota(release.by_id.begin(), release.by_id.end(), std::size_t{0});
    std::sort(release.by_id.begin(), release.by_id.end(), [&](std::size_t a, std::size_t b) {
        return release.nodes[a].row.id < release.nodes[b].row.id;
    });
}

// Rows added after the start are not part of the plan (docs/contract.md section 3), not even rows
// marked as running: nothing was sent for them. False: there are more of them than fit into a
// commit.
bool skip_late_rows(Draft& draft) {
    const Release& release = draft.release;
    const bool is_open = release.counts.pending > 0 || release.counts.running > 0;
    if (release.seen.is_ended && !is_open) return true;  // edits after the end are ignored (4.6)
    for (std::size_t i = release.members; i < release.nodes.size(); ++i) {
        if (is_final(release.nodes[i].row.status)) continue;
        if (draft.commit.nodes.size() == events_per_step) return false;
        NodeChange& change = draft.change_node(i, NodeStatus::skipped);
        change.reason = draft.release.nodes[i].row.reason = ReasonKind::added_late;
        change.error = added_late_text;
    }
    return true;
}

// There cannot be more waivers than failures to waive: if failed rows were deleted or edited, the
// next failure must not use up one of their waivers.
void take_back_waivers(Draft& draft) {
    Release& release = draft.release;
    Snapshot& seen = release.seen;
    if (seen.catches_up || is_final(seen.status) || seen.waived_failures <= waivable(release))
        return;
    draft.commit.release.waived_failures = seen.waived_failures = waivable(release);
}

// When a node last finished. Where no row says so (all were skipped, or were ended by hand without
// a time) it must not move with each reading: bake and gates count from it.
Instant last_finish_of(const Release& release, const Release& before, Instant now) {
    const Snapshot& seen = release.seen;
    if (seen.since_last_finish) return now - *seen.since_last_finish;
    if (before.is_observed) return before.last_finish;
    if (!seen.hold_left || (seen.hold != Hold::bake && seen.hold != Hold::gate)) return now;
    const Millis held =
        seen.policy.bake + (seen.hold == Hold::gate ? seen.policy.gate_timeout : Millis{0});
    return std::min(now, now + *seen.hold_left - held);
}

// Converts the database's times to local instants, and keeps the gates' states, which only memory
// has.
void take_times(Release& release, const Release& before, Instant now) {
    const Snapshot& seen = release.seen;
    release.read_at = release.worked_at = now;
    release.last_finish = last_finish_of(release, before, now);
    if (seen.aborted_for) release.aborted_at = now - *seen.aborted_for;
    if (seen.hold_left) release.hold_until = now + *seen.hold_left;
    if (!seen.hold_left && ends_by_itself(seen.hold)) release.hold_until = now;
    for (NodeState& node : release.nodes) {
        if (node.row.status != NodeStatus::running || node.deadline != never) continue;
        node.intended_at = now - node.row.running_for;
        node.deadline =
            std::min(now + node_timeout(release) - node.row.running_for, time_limit(release, now));
    }
    const bool is_asked = seen.hold == Hold::bake || seen.hold == Hold::gate;
    const bool is_same_look = before.is_observed && is_asked && before.seen.hold == seen.hold &&
                              before.seen.started_batch == seen.started_batch;
    if (is_same_look) release.gates = before.gates;
}

}  // namespace

void observe(Draft& draft, Snapshot snapshot) {
    Release& release = draft.release;
    Release before = std::move(release);
    release = Release{};
    release.rules = before.rules;
    release.progressed = std::move(before.progressed);
    release.progress_written_at = before.progress_written_at;
    release.is_own_network = before.is_own_network;
    const std::vector<bool> is_late = late_rows(snapshot, before);
    place(release, before, std::move(snapshot.nodes), is_late);
    snapshot.nodes.clear();
    release.seen = std::move(snapshot);
    watch_other_contents(release, before);
    release.is_observed = true;
    release.has_new_rows = true;
    index_by_id(release);
    count_batches(release);
    find_proof(release);
    build_lanes(release);
    take_back_waivers(draft);
    build_failures(release);
    take_times(release, before, draft.now);
    note_first_look(release, draft.now);
    if (before.is_observed) {
        note_changes_by_hand(draft, before);
        if (before.seen.status != release.seen.status) {
            draft.note("status_changed_by_hand",
                       {{"was", std::string(to_text(before.seen.status))},
                        {"is", std::string(to_text(release.seen.status))}});
        }
    }
    if (!skip_late_rows(draft)) {
        // No decision is made before all late rows are skipped.
        release.is_observed = false;
        draft.read_again();
        return;
    }
    settle(draft);
    const std::size_t next = lowest_unfinished(release);
    if (next < release.batches.size()) release.read_for_batch = release.batches[next].number;
}

}  // namespace edgeroll::release
