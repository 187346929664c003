// Maps the simulator's rows to the store's: their ids differ.
#include <algorithm>
#include <iterator>

#include "tests/differential/driver.hpp"

namespace edgeroll::differential {

using namespace release;

Commit Driver::in_ids_of_store(const control::Claim& claim, Commit commit) {
    if (find(claim.release.value) != nullptr) {
        note_row_ids(claim.release);
        auto& start = commit.release.rows_of_start;
        const auto ours = sim_.row_ids(claim.release);
        const auto after =
            start ? std::upper_bound(ours.begin(), ours.end(), start->newest_row_id) : ours.begin();
        if (start) start->newest_row_id = after == ours.begin() ? 0 : row_ids_[*std::prev(after)];
    }
    for (NodeChange& change : commit.nodes) {
        const auto known = row_ids_.find(change.row_id);
        change.row_id = known == row_ids_.end() ? 0 : known->second;
    }
    return commit;
}

void Driver::note_row_ids(ReleaseId id) {
    const auto ours = sim_.row_ids(id);
    const auto theirs = store_.row_ids(id);
    // If one side has more rows, that is a difference of its own.
    for (std::size_t i = 0; i < std::min(ours.size(), theirs.size()); ++i)
        row_ids_.insert_or_assign(ours[i], theirs[i]);
}

}  // namespace edgeroll::differential
