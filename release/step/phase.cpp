#include "release/step/phase.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "release/limits.hpp"
#include "release/mutant.hpp"

namespace edgeroll::release {
namespace {

// Nobody was sent anything in it since the last start or retry.
bool is_untouched(const Release& release, const BatchState& batch) {
    const auto is_new = [](const NodeState& node) {
        return node.row.status == NodeStatus::pending &&
               node.row.attempt == node.row.attempts_before;
    };
    const auto begin = release.nodes.begin() + static_cast<std::ptrdiff_t>(batch.begin);
    const auto end = release.nodes.begin() + static_cast<std::ptrdiff_t>(batch.end);
    return std::all_of(begin, end, is_new);
}

// By the ordinal among the batches that are there: all that an older process has written.
int number_by_ordinal(const Release& release) {
    const auto& batches = release.batches;
    if (batches.empty()) return 0;
    const std::size_t ordinal = static_cast<std::size_t>(std::max(release.seen.current_batch, 1));
    const BatchState& batch = batches[std::min(ordinal, batches.size()) - 1];
    // It stands before a batch: that one has not been started, whatever was deleted before it.
    const bool stands_before = ends_by_itself(release.seen.hold) && is_untouched(release, batch);
    return stands_before && batch.number > 0 ? batch.number - 1 : batch.number;
}

// The totals that go with the batch started last.
void write_totals(Draft& draft) {
    Release& release = draft.release;
    Snapshot& seen = release.seen;
    std::size_t next = batch_from(release, *seen.started_batch);
    if (next < release.batches.size() && release.batches[next].number == *seen.started_batch)
        ++next;
    const int batches = seen.current_batch + static_cast<int>(release.batches.size() - next);
    const int nodes = static_cast<int>(release.nodes.size());
    if (seen.total_batches != batches) {
        draft.commit.release.total_batches = seen.total_batches = batches;
    }
    if (seen.total_nodes != nodes) draft.commit.release.total_nodes = seen.total_nodes = nodes;
}

RowsOfStart rows_of(const Release& release) {
    RowsOfStart rows;
    rows.rows = static_cast<int>(release.nodes.size());
    for (const NodeState& node : release.nodes)
        rows.newest_row_id = std::max(rows.newest_row_id, node.row.row_id);
    return rows;
}

// The newest ones, as many as there are more than total_nodes; one that came in place of a deleted
// one is late as well, where this process has seen that one.
std::vector<bool> late_by_count(const Snapshot& seen, const Release& before) {
    const std::vector<NodeRow>& rows = seen.nodes;
    std::vector<bool> is_late(rows.size(), false);
    const auto is_absent = [&](const NodeRow& row) { return !find_node(before, row.id); };
    const bool was_started = before.is_observed && before.seen.current_batch > 0;
    const auto planned = static_cast<std::size_t>(std::max(seen.total_nodes, 0));
    const auto absent = static_cast<std::size_t>(
        was_started ? std::count_if(rows.begin(), rows.end(), is_absent) : 0);
    const std::size_t late = std::max(rows.size() - std::min(rows.size(), planned), absent);
    if (late == 0) return is_late;
    std::vector<std::size_t> newest(rows.size());
    std::iota(newest.begin(), newest.end(), std::size_t{0});
    // Rows that were not there at the last reading are late for certain; after a takeover the ids
    // tell.
    const auto lateness = [&](std::size_t i) {
        return std::pair(before.is_observed && is_absent(rows[i]), rows[i].row_id);
    };
    std::sort(newest.begin(), newest.end(),
              [&](std::size_t a, std::size_t b) { return lateness(a) > lateness(b); });
    for (std::size_t i = 0; i < late; ++i)
        is_late[newest[i]] = rows[newest[i]].status == NodeStatus::pending;
    return is_late;
}

}  // namespace

Phase phase_of(const Release& release) {
    const Snapshot& seen = release.seen;
    Phase phase;
    phase.next = lowest_unfinished(release);
    phase.batch = seen.started_batch.value_or(0);
    if (has_mutant(Mutant::batch_by_ordinal)) phase.batch = number_by_ordinal(release);
    const bool is_open = phase.next < release.batches.size();
    if (is_final(seen.status)) {
        phase.stage = Stage::ended;
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

std::vector<bool> late_rows(const Snapshot& seen, const Release& before) {
    std::vector<bool> is_late(seen.nodes.size(), false);
    if (seen.current_batch == 0) return is_late;
    const bool is_counted = !seen.started_batch || has_mutant(Mutant::late_rows_by_count);
    if (is_counted) return late_by_count(seen, before);
    for (std::size_t i = 0; i < is_late.size(); ++i)
        is_late[i] = !seen.nodes[i].is_of_start;
    return is_late;
}

void start_batch(Draft& draft, std::size_t index) {
    Release& release = draft.release;
    Snapshot& seen = release.seen;
    ReleaseChange& change = draft.commit.release;
    const Millis spent = worked(release, draft.now);
    if (seen.current_batch == 0) change.rows_of_start = rows_of(release);
    change.started_batch = seen.started_batch = release.batches[index].number;
    // For people: it only grows, also when rows of earlier batches were deleted.
    seen.current_batch = std::max(seen.current_batch, static_cast<int>(index)) + 1;
    change.current_batch = seen.current_batch;
    change.batch_work_start = seen.batch_work_start = spent;
    draft.commit.batch_after = draft.commit.nodes.size();
    write_totals(draft);
    change.total_batches = seen.total_batches;
}

void settle(Draft& draft) {
    Release& release = draft.release;
    Snapshot& seen = release.seen;
    if (seen.current_batch == 0 || is_final(seen.status) || seen.is_ended) return;
    if (!seen.started_batch) {
        draft.commit.release.started_batch = seen.started_batch = number_by_ordinal(release);
        draft.commit.release.rows_of_start = rows_of(release);
    }
    write_totals(draft);
}

}  // namespace edgeroll::release
