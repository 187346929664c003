#include "release/step/phase.hpp"

#include <algorithm>

#include "release/mutant.hpp"
#include "release/step/status_counts.hpp"

namespace edgeroll::release {
namespace {

// No task was sent in this batch since the last start or retry.
bool is_untouched(const Release& release, const BatchState& batch) {
    const auto is_new = [](const NodeState& node) {
        return node.row.status == NodeStatus::pending &&
               node.row.attempt == node.row.attempts_before;
    };
    const auto begin = release.nodes.begin() + static_cast<std::ptrdiff_t>(batch.begin);
    const auto end = release.nodes.begin() + static_cast<std::ptrdiff_t>(batch.end);
    return std::all_of(begin, end, is_new);
}

}  // namespace

bool is_stopping(const Release& release) {
    const Snapshot& seen = release.seen;
    return seen.requested == Action::stop || seen.batch_status == BatchStatus::stopped ||
           seen.aborted_for;
}

std::size_t lowest_unfinished(const Release& release) {
    const auto from =
        release.batches.begin() +
        static_cast<std::ptrdiff_t>(std::min(release.finished_batches, release.batches.size()));
    const auto has_pending = [](const BatchState& batch) { return batch.counts.pending > 0; };
    const auto is_unfinished = [&](const BatchState& batch) {
        if (has_mutant(Mutant::batch_opened_early)) return has_pending(batch);
        return !is_finished(batch.counts);
    };
    auto found = release.batches.end();
    if (release.is_look_over) found = std::find_if(from, release.batches.end(), has_pending);
    if (found == release.batches.end())
        found = std::find_if(from, release.batches.end(), is_unfinished);
    return static_cast<std::size_t>(found - release.batches.begin());
}

int number_by_ordinal(const Release& release) {
    const auto& batches = release.batches;
    if (batches.empty()) return 0;
    const std::size_t ordinal = static_cast<std::size_t>(std::max(release.seen.current_batch, 1));
    const BatchState& batch = batches[std::min(ordinal, batches.size()) - 1];
    // The release waits before this batch, so it is unstarted, even if earlier rows were deleted.
    const bool stands_before = ends_by_itself(release.seen.hold) && is_untouched(release, batch);
    return stands_before && batch.number > 0 ? batch.number - 1 : batch.number;
}

Phase phase_of(const Release& release) {
    const Snapshot& seen = release.seen;
    Phase phase;
    phase.next = lowest_unfinished(release);
    phase.batch = seen.started_batch.value_or(0);
    if (has_mutant(Mutant::batch_by_ordinal)) phase.batch = number_by_ordinal(release);
    const bool is_open = phase.next < release.batches.size();
    if (is_final(seen.status)) {
        phase.stage = Stage::ended;
    } else if (seen.aborted_for) {
        phase.stage = Stage::aborting;
    } else if (is_stopping(release)) {
        phase.stage = Stage::stopping;
    } else if (seen.current_batch > 0) {
        const bool is_in = is_open && release.batches[phase.next].number <= phase.batch;
        phase.stage = is_in ? Stage::in_batch : Stage::between;
    }
    return phase;
}

std::size_t batch_from(const Release& release, int number) {
    const auto is_below = [](const BatchState& batch, int wanted) { return batch.number < wanted; };
    return static_cast<std::size_t>(
        std::lower_bound(release.batches.begin(), release.batches.end(), number, is_below) -
        release.batches.begin());
}

}  // namespace edgeroll::release
