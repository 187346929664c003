#include "release/step/start_nodes.hpp"

#include "release/limits.hpp"
#include "release/step/pools.hpp"
#include "release/step/probation.hpp"
#include "release/step/ramp.hpp"
#include "release/step/silence.hpp"
#include "release/step/task_start.hpp"

namespace edgeroll::release {
namespace {

void intend(Draft& draft, std::size_t position) {
    Release& release = draft.release;
    NodeState& node = release.nodes[position];
    node.row.attempt += 1;
    node.row.task_id = task_id_of(release, node.row);
    draft.change_node(position, NodeStatus::running);
    node.deadline = deadline_from(release, draft.now, draft.now);
    node.intended_at = draft.now;
    node.is_starting = true;
    node.is_in_conversation = true;
    ++release.starting;
    draft.effects.emplace_back(conversation_with(node));
}

// The digest of the content for the node; empty if there is none.
std::string content_of(const Release& release, const NodeRow& row) {
    const Snapshot& seen = release.seen;
    if (seen.type != TaskType::apply_config || seen.content_sha256 == reload_only_mark) return {};
    if (!row.config_version) return seen.content_sha256 == mixed_mark ? "" : seen.content_sha256;
    for (const auto& [version, content] : seen.other_contents) {
        if (version == *row.config_version) return content.sha256;
    }
    return {};
}

// Settles a node without sending it a task (docs/contract.md section 3 and 4.9).
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
        NodeChange& change = draft.change_node(
            position, release.seen.catches_up ? NodeStatus::deferred : NodeStatus::skipped);
        change.reason = row.reason =
            facts.is_enabled ? ReasonKind::maintenance : ReasonKind::disabled;
        change.error = row.error = facts.is_enabled ? "node is in maintenance" : "node is disabled";
        return true;
    }
    const std::string content = content_of(release, row);
    if (content.empty() && release.seen.content_sha256 == mixed_mark) {
        NodeChange& change = draft.change_node(position, NodeStatus::failed);
        change.failure = FailureKind::rejected;
        change.error = row.error = "its row in release_task_nodes names no content";
        return true;
    }
    if (content.empty() || !facts.applied_version) return false;
    if (*facts.applied_version > release.seen.version) {
        NodeChange& change = draft.change_node(position, NodeStatus::failed);
        change.failure = FailureKind::rejected;
        change.error = "node already holds the newer version " +
                       std::to_string(facts.applied_version->value) +
                       ": release it again with a higher version";
        row.error = change.error;
        return true;
    }
    // Reconciliation asks the agent itself, which looks at what lies there.
    const bool is_held = *facts.applied_version == release.seen.version &&
                         facts.applied_sha256 == content && !release.seen.catches_up;
    if (is_held) {
        draft.change_node(position, NodeStatus::success).progress = 100;
        draft.note("already_applied", {}, row.id);
        return true;
    }
    return false;
}

}  // namespace

void start_nodes(Draft& draft, BatchState& batch) {
    Release& release = draft.release;
    while (release.starting < release.rules.start_window && !exceeded_limit(release)) {
        if (is_held_by_probation(release) || is_held_by_ramp(release, batch)) return;
        if (is_braked(release)) return;
        if (draft.commit.nodes.size() >= events_per_step) {
            draft.is_full = true;
            return;
        }
        const auto position = take_next(release, batch);
        if (!position) return;
        if (!settle_undispatched(draft, *position)) intend(draft, *position);
    }
}

}  // namespace edgeroll::release
