// The position of a release in its plan (docs/adr/0015): by the number of the batch started last,
// never by the present number of rows or batches.
#pragma once

#include <cstddef>

#include "release/model.hpp"

namespace edgeroll::release {

enum class Stage {
    unstarted,
    in_batch,  ///< a node of the batch started last, or of an earlier one, is pending or running
    between,   ///< no node is; Snapshot::hold says what holds the next batch, if there is one
    stopping,
    aborting,  ///< undone by a rollback while it runs (release/step/abort.hpp)
    ended,     ///< also by an operator, while running nodes are wound up
};

struct Phase {
    Stage stage = Stage::unstarted;
    int batch = 0;         ///< number of the batch started last; meaningless while unstarted
    std::size_t next = 0;  ///< index of the lowest unfinished batch; past the last: there is none
};

/// A stop or an abort that has begun cannot be undone, even if an operator overwrites it.
[[nodiscard]] bool is_stopping(const Release& release);

/// O(1), plus the batches that finished since the last call.
[[nodiscard]] Phase phase_of(const Release& release);

/// The batch with that number, or the first above it; past the last if there is none.
[[nodiscard]] std::size_t batch_from(const Release& release, int number);

/// Index of the lowest batch with a pending or running node; batches.size() if all are finished.
/// After the first look of a rollback batches are only an order: the lowest one with a pending node
/// comes first, whatever runs before it.
[[nodiscard]] std::size_t lowest_unfinished(const Release& release);

/// The number of the batch started last, from its ordinal (Snapshot::current_batch) among the
/// existing batches: an older process writes only the ordinal. O(nodes of the batch).
[[nodiscard]] int number_by_ordinal(const Release& release);

}  // namespace edgeroll::release
