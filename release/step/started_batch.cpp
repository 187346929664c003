#include "release/step/started_batch.hpp"

#include <algorithm>

#include "release/limits.hpp"
#include "release/step/phase.hpp"

namespace edgeroll::release {
namespace {

// Writes the totals that go with the batch started last.
void write_totals(Draft& draft) {
    Release& release = draft.release;
    Snapshot& seen = release.seen;
    std::size_t next = batch_from(release, *seen.started_batch);
    if (next < release.batches.size() && release.batches[next].number == *seen.started_batch)
        ++next;
    const bool is_joined = *seen.started_batch == 0;
    const int batches =
        seen.current_batch + static_cast<int>(release.batches.size() - next) - (is_joined ? 1 : 0);
    const int nodes = static_cast<int>(std::ranges::count_if(
        release.nodes, [](const NodeState& node) { return !node.row.is_joined; }));
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

}  // namespace

void start_batch(Draft& draft, std::size_t index) {
    Release& release = draft.release;
    Snapshot& seen = release.seen;
    ReleaseChange& change = draft.commit.release;
    const Millis spent = worked(release, draft.now);
    if (seen.current_batch == 0) change.rows_of_start = rows_of(release);
    change.started_batch = seen.started_batch = release.batches[index].number;
    // For display: it only grows, even if rows of earlier batches were deleted. Nodes that joined
    // (batch 0) are none of the batches.
    const bool has_joined = release.batches.front().number == 0;
    const int ordinal = static_cast<int>(index) - (has_joined && index > 0 ? 1 : 0);
    seen.current_batch = std::max(seen.current_batch, ordinal) + 1;
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
