// What follows from the state as it now is.
#include <algorithm>
#include <utility>

#include "release/draft.hpp"
#include "release/limits.hpp"
#include "release/mutant.hpp"
#include "release/plan.hpp"

namespace edgeroll::release {
namespace {

// Before the first batch: another release goes first, rows are missing, or a plan is to be made.
// True if the release cannot start in this step.
bool is_held_up(Draft& draft) {
    Release& release = draft.release;
    const Snapshot& seen = release.seen;
    if (seen.current_batch > 0) {
        if (!release.nodes.empty()) return false;
        draft.set_last_error("its rows in release_task_nodes were deleted");
        draft.finish(ReleaseStatus::failed);
        return true;
    }
    if (!seen.blockers.empty()) {
        draft.let_go("version " + std::to_string(seen.blockers.front().value) + " goes first",
                     false);
        return true;
    }
    if (release.nodes.empty() && seen.has_batch_config) {
        const std::vector<PlannedNode> plan = default_plan(seen.fleet);
        if (plan.empty()) {
            draft.set_last_error("no enabled online node to plan for");
            draft.finish(ReleaseStatus::failed);
            return true;
        }
        draft.commit.planned = plan;
        draft.commit.release.total_nodes = static_cast<int>(plan.size());
        draft.commit.release.total_batches = plan.back().batch;
        draft.note("planned", {{"nodes", std::to_string(plan.size())},
                               {"batches", std::to_string(plan.back().batch)}});
        release.is_observed = false;
        draft.read_again();
        return true;
    }
    if (release.nodes.empty() || static_cast<int>(release.nodes.size()) < seen.total_nodes) {
        draft.let_go("node rows are missing", false);
        return true;
    }
    return false;
}

// Content is resolved once: from then on another content for the version is a reason to stop.
void watch_content(Draft& draft) {
    Snapshot& seen = draft.release.seen;
    if (seen.content_sha256.empty() || seen.content_sha256 == reload_only_mark) return;
    if (seen.content.is_present && seen.content.sha256 == seen.content_sha256) return;
    if (!seen.problems.empty()) return;
    seen.problems.push_back("the content of version " + std::to_string(seen.version.value) +
                            " was changed after the release was started");
}

void fix_content(Draft& draft) {
    Snapshot& seen = draft.release.seen;
    if (!seen.content_sha256.empty()) return;
    seen.content_sha256 = seen.content.is_present ? seen.content.sha256 : reload_only_mark;
    draft.commit.release.content_sha256 = seen.content_sha256;
    if (!seen.content.is_present) draft.note("reload_only");
}

struct Reason {
    std::string full;   ///< for the release
    std::string brief;  ///< for each of its skipped rows
};

Reason failure_reason(const Release& release, const std::string& limit) {
    for (const NodeState& node : release.nodes) {
        if (node.row.status != NodeStatus::failed) continue;
        const std::string name = node.row.address.name.empty() ? std::to_string(node.row.id.value)
                                                               : node.row.address.name;
        const std::string where = "node " + name + " in batch " + std::to_string(node.row.batch);
        return {where + ": " + node.row.error + " (" + limit + ")",
                where + " failed (" + limit + ")"};
    }
    return {limit, limit};
}

// Nothing is started any more; what runs is waited for, then the release has failed.
void halt(Draft& draft, const Reason& reason) {
    Release& release = draft.release;
    draft.set_last_error(reason.full);
    if (release.counts.pending > 0) draft.skip_all_pending("not dispatched: " + reason.brief);
    if (release.counts.running > 0) return;
    const bool is_lie = has_mutant(Mutant::skipped_counts_as_done);
    draft.finish(is_lie ? ReleaseStatus::success : ReleaseStatus::failed);
}

// Running rows without a conversation: after a takeover, an unknown outcome, or set by hand.
void look_after_running(Draft& draft) {
    Release& release = draft.release;
    if (!release.has_new_rows) return;
    for (std::size_t i = 0; i < release.nodes.size(); ++i) {
        NodeState& node = release.nodes[i];
        if (node.row.status != NodeStatus::running || node.is_in_conversation) continue;
        if (node.row.address.ip.empty()) {
            if (draft.commit.nodes.size() >= events_per_step) {
                draft.is_full = true;
                return;
            }
            NodeChange& change = draft.change_node(i, NodeStatus::failed);
            change.failure = FailureKind::lost;
            change.error = node.row.error = "the node was deleted while its task ran";
            continue;
        }
        if (node.row.task_id.empty()) {
            node.row.attempt = std::max(node.row.attempt, 1);
            node.row.task_id = make_task_id(release.seen.type, node.row.address.ip,
                                            release.seen.version, node.row.attempt);
        }
        node.is_in_conversation = true;
        StartConversation start;
        start.node = node.row.id;
        start.address = node.row.address;
        start.task_id = node.row.task_id;
        start.asks_first = true;
        start.deadline = node.deadline;
        draft.effects.emplace_back(std::move(start));
    }
    release.has_new_rows = false;
}

// True once the batch may be worked on.
bool open_batch(Draft& draft, std::size_t index) {
    Release& release = draft.release;
    Snapshot& seen = release.seen;
    const int ordinal = static_cast<int>(index) + 1;
    if (seen.current_batch >= ordinal && seen.status == ReleaseStatus::running) return true;
    if (release.read_for_batch < ordinal) {
        draft.read_again();
        return false;
    }
    if (seen.current_batch == 0) {
        fix_content(draft);
        seen.total_nodes = static_cast<int>(release.nodes.size());
        draft.commit.release.total_nodes = seen.total_nodes;
        draft.commit.release.is_started = true;
        draft.set_last_error("");
    }
    seen.total_batches = static_cast<int>(release.batches.size());
    draft.commit.release.total_batches = seen.total_batches;
    if (seen.current_batch < ordinal) {
        seen.current_batch = ordinal;
        draft.commit.release.current_batch = ordinal;
    }
    draft.set_batch_status(BatchStatus::running);
    if (seen.status != ReleaseStatus::running) draft.set_status(ReleaseStatus::running);
    return true;
}

}  // namespace

void advance(Draft& draft) {
    Release& release = draft.release;
    if (!release.is_observed) {
        draft.read_again();
        return;
    }
    if (is_final(release.seen.status)) {
        // The status stands; what is not dispatched stays so, what runs is recorded as it ends.
        if (release.is_ended_by_hand && release.counts.pending > 0) {
            draft.skip_all_pending("the release was set to " +
                                   std::string(to_text(release.seen.status)) + " by hand");
        }
        if (!release.is_ended_by_hand || release.counts.running == 0) {
            draft.let_go("the release is finished", true);
        }
        return;
    }
    watch_content(draft);
    look_after_running(draft);
    if (release.seen.requested == Action::stop) {
        carry_on_stopping(draft);
        return;
    }
    if (!release.seen.problems.empty()) {
        const std::string& problem = release.seen.problems.front();
        halt(draft, Reason{problem, problem});
        return;
    }
    if (is_held_up(draft)) return;
    const auto halt_if_exceeded = [&] {
        const auto limit = exceeded_limit(release);
        if (limit) halt(draft, failure_reason(release, *limit));
        return limit.has_value();
    };
    // Nodes may be settled without being asked: a batch can be over before anything was sent, and
    // several in a row.
    while (true) {
        if (halt_if_exceeded()) return;
        const std::size_t index = lowest_unfinished(release);
        if (index == release.batches.size()) {
            draft.finish(ReleaseStatus::success);
            return;
        }
        const bool is_between = static_cast<int>(index) + 1 > release.seen.current_batch;
        if (steer(draft, is_between)) return;
        if (!open_batch(draft, index)) return;
        BatchState& batch = release.batches[index];
        start_nodes(draft, batch);
        if (batch.counts.pending > 0 || batch.counts.running > 0) {
            halt_if_exceeded();
            return;
        }
    }
}

}  // namespace edgeroll::release
