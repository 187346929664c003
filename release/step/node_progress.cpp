// How far running tasks are: shown to whoever watches, and nothing is decided by it.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string_view>
#include <utility>

#include "release/step/step_draft.hpp"

namespace edgeroll::release {
namespace {

constexpr std::string_view attempt_word = "attempt ";
constexpr std::string_view attempt_mark = "; attempt ";

// Progress alone makes a commit no more often than this: a commit costs the same however many nodes
// are in it, and a thousand long jobs must not keep the database from the words that count.
constexpr Millis pause_between{500};

// " (given up at 2026-11-29T18:00:03Z)"
std::string given_up_text(std::int64_t utc_ms) {
    namespace chrono = std::chrono;
    const chrono::sys_time<Millis> at{Millis{utc_ms}};
    const auto day = chrono::floor<chrono::days>(at);
    const chrono::year_month_day date(day);
    const chrono::hh_mm_ss time(chrono::floor<chrono::seconds>(at - day));
    char text[64];
    std::snprintf(text, sizeof text, " (given up at %04d-%02u-%02uT%02d:%02d:%02dZ)",
                  static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                  static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
                  static_cast<int>(time.minutes().count()),
                  static_cast<int>(time.seconds().count()));
    return text;
}

// What the row says of earlier attempts stays, behind what is in the way now.
std::string beside_earlier_attempts(const std::string& trouble, const std::string& error) {
    const std::string earlier = without_trouble(error);
    if (trouble.empty() || earlier.empty()) return trouble + earlier;
    return trouble + "; " + earlier;
}

}  // namespace

std::string trouble_in(const std::string& error) {
    if (error.starts_with(attempt_word)) return {};
    return error.substr(0, error.find(attempt_mark));
}

std::string without_trouble(const std::string& error) {
    if (error.starts_with(attempt_word)) return error;
    const std::size_t found = error.find(attempt_mark);
    if (found == std::string::npos) return {};
    return error.substr(found + attempt_mark.size() - attempt_word.size());
}

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
    if (progress <= node.progress && !event.trouble) return;
    node.progress = std::max(node.progress, progress);
    if (event.trouble) {
        std::string text = *event.trouble;
        if (!text.empty() && event.until != never) {
            text += given_up_text(release.seen.utc_ms + (event.until - release.read_at).count());
        }
        node.new_trouble = beside_earlier_attempts(text, node.row.error);
    }
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
        if (node.new_trouble) node.row.error = *node.new_trouble;
        draft.commit.progress.push_back(
            {node.row.id, node.row.task_id, node.progress, std::exchange(node.new_trouble, {})});
    }
    release.progressed.erase(release.progressed.begin(),
                             release.progressed.begin() + static_cast<std::ptrdiff_t>(taken));
    if (draft.commit.progress.empty()) return;
    release.progress_written_at = draft.now;
    if (!release.progressed.empty()) draft.wake(draft.now + pause_between);
}

}  // namespace edgeroll::release
