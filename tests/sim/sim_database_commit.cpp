// Reading a release and writing its progress: the two important transactions.
#include <algorithm>

#include "sim_database.hpp"
#include "tests/support/read_tables.hpp"
#include "tests/support/write_tables.hpp"

namespace edgeroll::sim {

using namespace release;

std::optional<Snapshot> SimDatabase::read(const control::Claim& claim, Instant now,
                                          std::optional<int> part) {
    const auto found = releases_.find(claim.release);
    if (found == releases_.end() || !owns(found->second, claim)) return std::nullopt;
    ReleaseRow& row = found->second;
    row.is_awaited = std::any_of(releases_.begin(), releases_.end(), [&](const auto& entry) {
        return entry.second.rolls_back == row.id && !entry.second.finished_at;
    });
    Snapshot seen = test::read_tables(row, rows_.at(row.id), inventory_, now, part);
    for (NodeRow& node : seen.nodes)
        node.facts.is_still_running = is_running_in(row.rolls_back, node.id);
    if (claim.epoch.value >= epoch_max) seen.problems.emplace_back(unusable_epoch);
    const auto content = contents_.find(row.version);
    if (content != contents_.end()) {
        seen.content.is_present = true;
        seen.content.sha256 = digest_(content->second);
    }
    read_other_contents(seen);
    if (row.current_batch == 0) seen.blockers = blockers(row, rows_.at(row.id));
    return seen;
}

bool SimDatabase::is_running_in(std::optional<ReleaseId> id, NodeId node) const {
    const auto found = id ? releases_.find(*id) : releases_.end();
    if (found == releases_.end() || found->second.finished_at) return false;
    const auto& rows = rows_.at(*id);
    return std::any_of(rows.begin(), rows.end(), [&](const TaskRow& row) {
        return row.node == node && row.status == NodeStatus::running;
    });
}

control::Committed SimDatabase::commit(const control::Claim& claim, const Commit& commit,
                                       Instant now) {
    using control::Committed;
    const auto found = releases_.find(claim.release);
    if (found == releases_.end() || !owns(found->second, claim)) return Committed::fenced;
    const ReleaseRow before = found->second;
    const std::vector<TaskRow> rows_before = rows_.at(before.id);
    // Works on a copy, as a transaction: if one statement fails, nothing is done.
    ReleaseRow row = before;
    std::vector<TaskRow> rows = rows_before;
    if (!test::apply_commit(commit, row, rows, next_row_id_, now)) return Committed::stale;
    // A release that shares nodes may have been added or started since this one was read.
    if (commit.release.is_started && !blockers(row, rows).empty()) return Committed::stale;
    test::write_applied(commit, row, rows, inventory_,
                        [&](Version version) { return digest_(contents_.at(version)); });
    history_rows_ += commit.history.size();
    for (const release::Evidence& seen : commit.evidence) {
        if (seen.gate == release::evidence::proof) row.is_proven = true;
    }
    found->second = row;
    rows_.at(row.id) = rows;
    if (witness_ != nullptr) witness_->committed(claim, before, rows_before, row, rows);
    if (commit.creates_rollback) roll_back(row, now);
    return Committed::done;
}

}  // namespace edgeroll::sim
