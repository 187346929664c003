#include "release/step/held_nodes.hpp"

#include <algorithm>

#include "release/limits.hpp"

namespace edgeroll::release {
namespace {

constexpr Millis read_each{1'000};
constexpr Millis often_for{30'000};

bool is_held(const NodeState& node) {
    return node.row.status == NodeStatus::pending && node.row.facts.is_still_running;
}

}  // namespace

void watch_held(Draft& draft, const BatchState& batch) {
    const Release& release = draft.release;
    if (!release.seen.rolls_back || worked(release, draft.now) > often_for) return;
    const auto begin = release.nodes.begin() + static_cast<std::ptrdiff_t>(batch.begin);
    const auto end = release.nodes.begin() + static_cast<std::ptrdiff_t>(batch.end);
    if (std::none_of(begin, end, is_held)) return;
    const Instant due = release.read_at + read_each;
    if (draft.now < due) {
        draft.wake(due);
    } else {
        draft.read_again();
    }
}

}  // namespace edgeroll::release
