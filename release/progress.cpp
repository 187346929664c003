// How far running tasks are: shown to whoever watches, and nothing is decided by it.
#include <algorithm>

#include "release/draft.hpp"

namespace edgeroll::release {
namespace {

// Progress alone makes a commit no more often than this: a commit costs the same however many nodes
// are in it, and a thousand long jobs must not keep the database from the words that count.
constexpr Millis pause_between{500};

}  // namespace

std::optional<std::size_t> find_running(const Release& release, NodeId id,
                                        const std::string& task_id) {
    const auto position = find_node(release, id);
    if (!position) return std::nullopt;
    const NodeRow& row = release.nodes[*position].row;
    if (row.status != NodeStatus::running || row.task_id != task_id) return std::nullopt;
    return position;
}

void progressed(Draft& draft, const Progressed& event) {
    Release& release = draft.release;
    const auto position = find_running(release, event.node, event.task_id);
    if (!position) return;
    NodeState& node = release.nodes[*position];
    const int progress = std::min(event.progress, 100);
    if (progress <= node.progress) return;
    node.progress = progress;
    if (!node.has_new_progress) release.progressed.push_back(event.node);
    node.has_new_progress = true;
}

void write_progress(Draft& draft) {
    Release& release = draft.release;
    // A release that is let go is another process's to write.
    if (release.progressed.empty() || draft.is_let_go) return;
    const Instant due = release.progress_written_at + pause_between;
    // One that is written anyway takes it along.
    if (draft.commit.is_empty() && draft.now < due) {
        draft.wake(due);
        return;
    }
    std::size_t taken = 0;
    for (; taken < release.progressed.size(); ++taken) {
        if (draft.commit.progress.size() == events_per_step) break;
        const auto position = find_node(release, release.progressed[taken]);
        if (!position) continue;
        NodeState& node = release.nodes[*position];
        if (!node.has_new_progress || node.row.status != NodeStatus::running) continue;
        node.has_new_progress = false;
        draft.commit.progress.push_back({node.row.id, node.row.task_id, node.progress});
    }
    release.progressed.erase(release.progressed.begin(),
                             release.progressed.begin() + static_cast<std::ptrdiff_t>(taken));
    if (draft.commit.progress.empty()) return;
    release.progress_written_at = draft.now;
    if (!release.progressed.empty()) draft.wake(draft.now + pause_between);
}

}  // namespace edgeroll::release
