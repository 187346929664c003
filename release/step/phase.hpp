// Where a release stands (docs/adr/0015): by the number of the batch started last, never by how
// many rows or batches are there now.
#pragma once

#include <cstddef>

#include "release/model.hpp"

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

/// Once begun a stop cannot be undone, whatever somebody writes over it.
[[nodiscard]] bool is_stopping(const Release& release);

/// O(1), but for batches that were finished since the last call.
[[nodiscard]] Phase phase_of(const Release& release);

/// The batch of that number, or the first above it; past the last when there is none.
[[nodiscard]] std::size_t batch_from(const Release& release, int number);

/// Index of the lowest batch with a pending or running node; batches.size() if all are finished.
[[nodiscard]] std::size_t lowest_unfinished(const Release& release);

/// The number of the batch started last, from its ordinal (Snapshot::current_batch) among the
/// batches that are there: all that an older process has written. O(nodes of the batch).
[[nodiscard]] int number_by_ordinal(const Release& release);

}  // namespace edgeroll::release
