#include "release/step/observed_batch.hpp"

#include <algorithm>

#include "release/step/phase.hpp"

namespace edgeroll::release {
namespace {

bool is_same_row(const NodeRow& known, const NodeRow& row) {
    return known.row_id == row.row_id && known.id == row.id && known.status == row.status &&
           known.attempt == row.attempt && known.attempts_before == row.attempts_before &&
           known.config_version == row.config_version && row.is_of_start &&
           known.address.labels == row.address.labels;
}

bool is_same_header(const Snapshot& known, const Snapshot& seen) {
    return known.status == seen.status && known.is_ended == seen.is_ended &&
           known.batch_status == seen.batch_status && known.requested == seen.requested &&
           known.current_batch == seen.current_batch && known.started_batch == seen.started_batch &&
           known.steer_seq == seen.steer_seq && known.hold == seen.hold &&
           known.waived_failures == seen.waived_failures && known.policy == seen.policy &&
           known.content_sha256 == seen.content_sha256 &&
           known.is_pause_marked == seen.is_pause_marked && known.problems == seen.problems;
}

// Includes failed late rows, as BatchReading::failed does.
int failed_rows(const Release& release) {
    const auto late = release.nodes.begin() + static_cast<std::ptrdiff_t>(release.members);
    return release.counts.failed +
           static_cast<int>(std::count_if(late, release.nodes.end(), [](const NodeState& node) {
               return node.row.status == NodeStatus::failed;
           }));
}

// If a content changed, every row must be checked again.
bool are_contents_known(const Snapshot& known, const Snapshot& seen) {
    return std::all_of(
        seen.other_contents.begin(), seen.other_contents.end(), [&](const auto& other) {
            const auto found =
                std::find_if(known.other_contents.begin(), known.other_contents.end(),
                             [&](const auto& one) { return one.first == other.first; });
            return found != known.other_contents.end() &&
                   found->second.sha256 == other.second.sha256;
        });
}

bool is_as_known(const Release& release, const Snapshot& seen, const BatchState& batch) {
    const BatchReading& part = *seen.part;
    if (!is_same_header(release.seen, seen) || !are_contents_known(release.seen, seen) ||
        part.lowest_open != part.number || part.failed != failed_rows(release) ||
        seen.nodes.size() != batch.end - batch.begin) {
        return false;
    }
    for (std::size_t i = 0; i < seen.nodes.size(); ++i) {
        if (!is_same_row(release.nodes[batch.begin + i].row, seen.nodes[i])) return false;
    }
    return true;
}

void take_contents(Snapshot& known, Snapshot& seen) {
    known.content = seen.content;
    known.bans = std::move(seen.bans);
    for (auto& other : seen.other_contents) {
        const auto found = std::find_if(known.other_contents.begin(), known.other_contents.end(),
                                        [&](const auto& one) { return one.first == other.first; });
        if (found != known.other_contents.end()) *found = std::move(other);
    }
}

}  // namespace

void observe_batch(Draft& draft, Snapshot snapshot) {
    Release& release = draft.release;
    release.is_batch_read_asked = false;
    const int number = snapshot.part->number;
    const std::size_t index = batch_from(release, number);
    const bool is_known = release.is_observed && index < release.batches.size() &&
                          release.batches[index].number == number;
    if (!is_known || !is_as_known(release, snapshot, release.batches[index])) {
        draft.read_again();
        return;
    }
    Snapshot& seen = release.seen;
    const std::size_t begin = release.batches[index].begin;
    for (std::size_t i = 0; i < snapshot.nodes.size(); ++i) {
        NodeRow& row = release.nodes[begin + i].row;
        row.facts = std::move(snapshot.nodes[i].facts);
        row.address = std::move(snapshot.nodes[i].address);
    }
    take_contents(seen, snapshot);
    seen.is_forced = snapshot.is_forced;
    seen.utc_ms = snapshot.utc_ms;
    seen.worked = snapshot.worked;
    release.read_at = release.worked_at = draft.now;
    // From the batch started last (control/store). By the database's clock: memory has the time of
    // the decision, a moment before it was written.
    if (snapshot.since_last_finish) {
        release.last_finish =
            std::max(release.last_finish, draft.now - *snapshot.since_last_finish);
    }
    release.read_for_batch = number;
}

}  // namespace edgeroll::release
