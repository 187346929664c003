#include "release/failures.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace edgeroll::release {
namespace {

/// The number of waivers, without the rows that were set aside.
std::size_t waivers(const Release& release) {
    int aside = 0;
    for (const BatchState& batch : release.batches)
        aside += batch.set_aside;
    return static_cast<std::size_t>(std::max(release.seen.waived_failures - aside, 0));
}

void update_rate(Release& release, std::size_t index) {
    std::set<std::size_t>& over = release.failures.over_rate;
    const auto rate = release.seen.policy.limits.max_batch_fail_rate_percent;
    const int failed = rate ? unwaived_failures(release, index) : 0;
    const bool is_over = failed > 0 && std::int64_t{failed} * 100 >
                                           std::int64_t{*rate} * dispatched_and_waiting(
                                                                     release.batches[index].counts);
    if (is_over) {
        over.insert(index);
    } else {
        over.erase(index);
    }
}

std::size_t batch_at(const Release& release, std::size_t position) {
    const auto ends_after = [](std::size_t wanted, const BatchState& batch) {
        return wanted < batch.end;
    };
    return static_cast<std::size_t>(
        std::upper_bound(release.batches.begin(), release.batches.end(), position, ends_after) -
        release.batches.begin());
}

void add(Release& release, std::size_t position) {
    Failures& failures = release.failures;
    if (!failures.positions.insert(position).second || position > failures.first_unwaived) return;
    if (failures.positions.size() <= failures.waived) return;  // this one is waived too
    // The new failure took the waiver of the last waived one.
    const auto first = failures.positions.lower_bound(failures.first_unwaived);
    failures.first_unwaived = *std::prev(first);
    update_rate(release, batch_at(release, failures.first_unwaived));
}

}  // namespace

int dispatched_and_waiting(const StatusCounts& counts) {
    return counts.pending + counts.running + counts.success + counts.failed + counts.cancelled;
}

bool is_set_aside(const NodeRow& row) {
    return row.status == NodeStatus::failed && row.attempts_before > row.attempt;
}

void build_failures(Release& release) {
    Failures& failures = release.failures;
    failures = {};
    for (BatchState& batch : release.batches) {
        batch.set_aside = 0;
        for (std::size_t i = batch.begin; i < batch.end; ++i) {
            const NodeRow& row = release.nodes[i].row;
            if (row.status != NodeStatus::failed) continue;
            if (is_set_aside(row)) {
                ++batch.set_aside;
            } else {
                failures.positions.insert(failures.positions.end(), i);
            }
        }
    }
    failures.waived = waivers(release);
    failures.first_unwaived = release.nodes.size();
    if (failures.waived < failures.positions.size()) {
        failures.first_unwaived =
            *std::next(failures.positions.begin(), static_cast<std::ptrdiff_t>(failures.waived));
    }
    for (std::size_t i = 0; i < release.batches.size(); ++i)
        update_rate(release, i);
}

void update_failures(Release& release, std::size_t position, std::size_t batch) {
    const NodeRow& row = release.nodes[position].row;
    if (row.status == NodeStatus::failed) add(release, position);
    update_rate(release, batch);
}

int unwaived_failures(const Release& release, std::size_t index) {
    const BatchState& batch = release.batches[index];
    const Failures& failures = release.failures;
    const int failed = batch.counts.failed - batch.set_aside;
    if (failures.first_unwaived >= batch.end) return 0;
    if (failures.first_unwaived <= batch.begin) return failed;
    // The last waived failure is in this batch; later batches have few failures, if any.
    const auto later =
        std::distance(failures.positions.lower_bound(batch.end), failures.positions.end());
    const int earlier =
        static_cast<int>(failures.positions.size()) - failed - static_cast<int>(later);
    return failed - (static_cast<int>(failures.waived) - earlier);
}

const NodeRow* first_failure(const Release& release, std::size_t from) {
    const std::set<std::size_t>& positions = release.failures.positions;
    const std::size_t unwaived = release.failures.first_unwaived;
    auto found = positions.lower_bound(std::max(from, unwaived));
    if (found == positions.end()) found = positions.lower_bound(unwaived);
    return found == positions.end() ? nullptr : &release.nodes[*found].row;
}

}  // namespace edgeroll::release
