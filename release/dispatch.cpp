// The nodes of the open batch: which are sent their task now, and which need none.
#include "release/draft.hpp"
#include "release/limits.hpp"

namespace edgeroll::release {
namespace {

void intend(Draft& draft, std::size_t position) {
    Release& release = draft.release;
    NodeState& node = release.nodes[position];
    node.row.attempt += 1;
    node.row.task_id = make_task_id(release.seen.type, node.row.address.ip, release.seen.version,
                                    node.row.attempt);
    draft.change_node(position, NodeStatus::running);
    node.deadline = draft.now + release.rules.node_timeout;
    node.is_starting = true;
    node.is_in_conversation = true;
    ++release.starting;
    StartConversation start;
    start.node = node.row.id;
    start.address = node.row.address;
    start.task_id = node.row.task_id;
    start.deadline = node.deadline;
    draft.effects.emplace_back(std::move(start));
}

// A node that is settled without being asked (SPEC.md section 3 and 4.9).
bool settle_undispatched(Draft& draft, std::size_t position) {
    const Release& release = draft.release;
    NodeRow& row = draft.release.nodes[position].row;
    const NodeFacts& facts = row.facts;
    if (!facts.exists) {
        NodeChange& change = draft.change_node(position, NodeStatus::failed);
        change.failure = FailureKind::rejected;
        change.error = "node " + std::to_string(row.id.value) + " is not in the table nodes";
        row.error = change.error;
        return true;
    }
    if (!facts.is_enabled || facts.is_in_maintenance) {
        NodeChange& change = draft.change_node(position, NodeStatus::skipped);
        change.error = facts.is_enabled ? "node is in maintenance" : "node is disabled";
        return true;
    }
    const bool has_content = release.seen.content_sha256 != reload_only_mark;
    if (!has_content || !facts.applied_version) return false;
    if (*facts.applied_version > release.seen.version) {
        NodeChange& change = draft.change_node(position, NodeStatus::failed);
        change.failure = FailureKind::rejected;
        change.error =
            "node already holds the newer version " + std::to_string(facts.applied_version->value);
        row.error = change.error;
        return true;
    }
    if (*facts.applied_version == release.seen.version &&
        facts.applied_sha256 == release.seen.content_sha256) {
        draft.change_node(position, NodeStatus::success).progress = 100;
        draft.note("already_applied", {}, row.id);
        return true;
    }
    return false;
}

}  // namespace

void start_nodes(Draft& draft, BatchState& batch) {
    Release& release = draft.release;
    while (batch.next_pending < batch.end && release.starting < release.rules.start_window) {
        if (exceeded_limit(release)) return;
        const std::size_t position = batch.next_pending;
        if (release.nodes[position].row.status == NodeStatus::pending) {
            if (draft.commit.nodes.size() >= events_per_step) {
                draft.is_full = true;
                return;
            }
            if (!settle_undispatched(draft, position)) intend(draft, position);
        }
        ++batch.next_pending;
    }
}

}  // namespace edgeroll::release
