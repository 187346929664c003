#include "release/step/node_progress.hpp"

#include <algorithm>
#include <utility>

#include "release/step/running_nodes.hpp"
#include "release/step/silence.hpp"
#include "release/step/trouble_text.hpp"

namespace edgeroll::release {
namespace {

// The shortest time between commits that only write progress. A commit costs the same for any
// number of nodes, and a thousand long jobs must not keep the database from the results that count.
constexpr Millis pause_between{500};

}  // namespace

void progressed(Draft& draft, const Progressed& event) {
    Release& release = draft.release;
    const auto position = find_running(release, event.node, event.task_id);
    if (!position) return;
    NodeState& node = release.nodes[*position];
    if (event.is_own_agent) node.is_own_agent = *event.is_own_agent;
    if (event.silent_since) hear(draft, *position, *event.silent_since, event.may_have_task);
    const int progress = std::min(event.progress, 100);
    if (progress <= node.progress && !event.trouble) return;
    node.progress = std::max(node.progress, progress);
    if (event.trouble) {
        std::string text = to_sentence(*event.trouble);
        if (!text.empty() && event.until != never) {
            text += given_up_text(release.seen.utc_ms + (event.until - release.read_at).count());
        }
        node.new_trouble = NewTrouble{*event.trouble, event.until,
                                      with_earlier_attempt(text, node.row.earlier_error)};
    }
    if (!node.has_new_progress) release.progressed.push_back(event.node);
    node.has_new_progress = true;
}

void write_progress(Draft& draft) {
    Release& release = draft.release;
    // A release that was let go belongs to another process, which writes it.
    if (release.progressed.empty() || draft.is_let_go) return;
    const Instant due = release.progress_written_at + pause_between;
    // A commit that is written anyway includes the progress.
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
        ProgressChange change{node.row.id, node.row.task_id, node.progress, {}, {}, {}};
        if (const auto news = std::exchange(node.new_trouble, {})) {
            change.error = node.row.error = news->error;
            change.trouble = news->trouble;
            if (news->until != never) change.until = std::max(news->until - draft.now, Millis{0});
            node.row.reason = news->trouble.kind;
            node.row.trouble = news->trouble.message;
        }
        draft.commit.progress.push_back(std::move(change));
    }
    release.progressed.erase(release.progressed.begin(),
                             release.progressed.begin() + static_cast<std::ptrdiff_t>(taken));
    if (draft.commit.progress.empty()) return;
    release.progress_written_at = draft.now;
    if (!release.progressed.empty()) draft.wake(draft.now + pause_between);
}

}  // namespace edgeroll::release
