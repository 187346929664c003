// Reading a release and writing its progress: the two important transactions.
#include "sim_database.hpp"
#include "tests/support/read_tables.hpp"
#include "tests/support/write_tables.hpp"

namespace edgeroll::sim {

using namespace release;

std::optional<Snapshot> SimDatabase::read(const control::Claim& claim, Instant now,
                                          std::optional<int> part) {
    const auto found = releases_.find(claim.release);
    if (found == releases_.end() || !owns(found->second, claim)) return std::nullopt;
    const ReleaseRow& row = found->second;
    Snapshot seen = test::read_tables(row, rows_.at(row.id), inventory_, now, part);
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
