// Where a release stands (docs/adr/0015): by the number of the batch started last, never by how
// many rows or batches are there now. Internal to release/.
#pragma once

#include <cstddef>

#include "release/model.hpp"
#include "release/step/step_draft.hpp"

namespace edgeroll::release {

enum class Stage {
    unstarted,
    in_batch,  ///< a node of the batch started last, or of an earlier one, is pending or running
    between,   ///< none is; the next batch, if there is one, is held as Snapshot::hold says
    stopping,
    ended,  ///< also by hand, while what runs is wound up
};

struct Phase {
    Stage stage = Stage::unstarted;
    int batch = 0;         ///< number of the batch started last; meaningless while unstarted
    std::size_t next = 0;  ///< index of the lowest unfinished batch; past the last: none is
};

/// O(1), but for batches that were finished since the last call.
[[nodiscard]] Phase phase_of(const Release& release);

/// The batch of that number, or the first above it; past the last when there is none.
[[nodiscard]] std::size_t batch_from(const Release& release, int number);

/// Which rows came after the start, and form no batch: those without its mark; where an older
/// process had the claim, the newest ones above total_nodes. O(nodes), `rows` as they were read.
[[nodiscard]] std::vector<bool> late_rows(const Snapshot& seen, const Release& before);

/// The batch of `index` is started now: number, ordinal, and with the first one the rows of the
/// start. All that says where a release stands is written here and in settle().
void start_batch(Draft& draft, std::size_t index);

/// After a full reading: derives what an older process has left unsaid, and brings what people are
/// shown (totals) up to what is there.
void settle(Draft& draft);

}  // namespace edgeroll::release
