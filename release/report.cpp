// What agents said.
#include "release/draft.hpp"

namespace edgeroll::release {
namespace {

// Positions are only valid for a node that runs this very task.
std::optional<std::size_t> find_running(const Release& release, NodeId id,
                                        const std::string& task_id) {
    const auto position = find_node(release, id);
    if (!position) return std::nullopt;
    const NodeRow& row = release.nodes[*position].row;
    if (row.status != NodeStatus::running || row.task_id != task_id) return std::nullopt;
    return position;
}

}  // namespace

void attempted(Draft& draft, const Attempted& event) {
    const auto position = find_running(draft.release, event.node, event.task_id);
    if (!position || !draft.release.nodes[*position].is_starting) return;
    draft.release.nodes[*position].is_starting = false;
    --draft.release.starting;
}

void reported(Draft& draft, const Reported& event) {
    const auto position = find_running(draft.release, event.node, event.task_id);
    const Verdict& verdict = event.verdict;
    if (!position) {
        // A status set by hand wins; what the agent said is kept (SPEC.md 4.6).
        draft.note("late_answer",
                   {{"task", event.task_id},
                    {"status", std::string(to_text(verdict.status))},
                    {"error", verdict.error}},
                   event.node);
        return;
    }
    const bool is_stopping = draft.release.seen.requested == Action::stop ||
                             draft.release.seen.batch_status == BatchStatus::stopped;
    const bool is_foreign_cancel = verdict.status == NodeStatus::cancelled && !is_stopping;
    const NodeStatus status = is_foreign_cancel ? NodeStatus::failed : verdict.status;
    const bool has_content = draft.release.seen.content_sha256 != reload_only_mark;

    NodeChange& change = draft.change_node(*position, status);
    change.failure = is_foreign_cancel ? FailureKind::exec_failed : verdict.failure;
    change.error = is_foreign_cancel && verdict.error.empty()
                       ? "the task was cancelled on the agent"
                       : verdict.error;
    change.steps = verdict.steps;
    change.progress = verdict.progress;
    change.has_new_content = status == NodeStatus::success && has_content;

    NodeRow& row = draft.release.nodes[*position].row;
    row.failure = change.failure;
    row.error = change.error;
    if (change.has_new_content) {
        row.facts.applied_version = draft.release.seen.version;
        row.facts.applied_sha256 = draft.release.seen.content_sha256;
    }
}

}  // namespace edgeroll::release
