#include "release/step/late_rows.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "release/mutant.hpp"

namespace edgeroll::release {
namespace {

// The newest rows are late, as many as exceed total_nodes; a row that replaced a deleted row is
// late too, if this process has seen the deleted row.
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
    // Rows that were missing at the last reading are certainly late; after a takeover the ids
    // decide.
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

std::vector<bool> late_rows(const Snapshot& seen, const Release& before) {
    std::vector<bool> is_late(seen.nodes.size(), false);
    if (seen.current_batch == 0) return is_late;
    const bool is_counted = !seen.started_batch || has_mutant(Mutant::late_rows_by_count);
    if (is_counted) return late_by_count(seen, before);
    for (std::size_t i = 0; i < is_late.size(); ++i)
        is_late[i] = !seen.nodes[i].is_of_start;
    return is_late;
}

}  // namespace edgeroll::release
