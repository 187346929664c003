#include "sim_database.hpp"

#include <algorithm>
#include <cstdio>

#include "release/mutant.hpp"
#include "tests/support/write_tables.hpp"

namespace edgeroll::sim {

using namespace release;

std::string sim_digest(const std::string& payload) {
    std::uint64_t hash = 14695981039346656037ULL;
    for (const char letter : payload) {
        hash ^= static_cast<unsigned char>(letter);
        hash *= 1099511628211ULL;
    }
    char text[65];
    std::snprintf(text, sizeof text, "%064llx", static_cast<unsigned long long>(hash));
    return text;
}

namespace {

/// The hold's time has come; a stop does not wait for it.
bool is_due(const ReleaseRow& row, Instant now) {
    return !row.not_before || *row.not_before <= now || row.requested == Action::stop ||
           is_final(row.status);
}

/// The order of claims: active releases come before resting ones.
enum class Rank { at_work, to_start, ended_by_hand, asks_a_gate, at_rest };

/// Between batches, waiting for an operator or for a time, and no node runs.
bool is_resting(const ReleaseRow& row, const std::vector<TaskRow>& rows, Instant now) {
    if (row.requested == Action::resume || row.requested == Action::stop) return false;
    if (row.batch_status == BatchStatus::stopped || row.aborted_at) return false;
    const bool has_time = ends_by_itself(row.hold);
    const bool is_early = row.hold_until && *row.hold_until > now;
    const bool is_paused = row.status == ReleaseStatus::paused;
    const bool stands =
        has_time ? is_early && (is_paused || row.status == ReleaseStatus::pending) : is_paused;
    const bool has_running = std::any_of(rows.begin(), rows.end(), [](const TaskRow& task) {
        return task.status == NodeStatus::running;
    });
    return stands && !(row.current_batch > 0 && has_running);
}

Rank rank_of(const ReleaseRow& row, const std::vector<TaskRow>& rows, Instant now) {
    if (is_final(row.status)) return Rank::ended_by_hand;
    if (row.rolls_back && row.status == ReleaseStatus::pending) return Rank::at_work;
    if (is_resting(row, rows, now)) {
        const bool may_ask = row.hold == Hold::gate || row.hold == Hold::bake;
        return may_ask ? Rank::asks_a_gate : Rank::at_rest;
    }
    const bool is_begun = row.current_batch > 0 || row.requested == Action::stop;
    return is_begun ? Rank::at_work : Rank::to_start;
}

}  // namespace

bool SimDatabase::owns(const ReleaseRow& row, const control::Claim& claim) const {
    if (has_mutant(Mutant::epoch_not_checked)) return true;
    return row.claim_epoch == claim.epoch && row.claimed_by == claim.owner;
}

std::vector<Version> SimDatabase::blockers(const ReleaseRow& row,
                                           const std::vector<TaskRow>& rows) const {
    std::vector<Version> found;
    std::set<NodeId> mine;
    for (const TaskRow& task : rows)
        mine.insert(task.node);
    for (const auto& [id, other] : releases_) {
        const bool is_own = id == row.id || id == row.rolls_back || other.rolls_back == row.id;
        if (is_own || is_over(other, rows_.at(id))) continue;
        const bool is_older = other.version < row.version;
        const bool is_urgent = row.rolls_back && !has_mutant(Mutant::rollback_waits_in_line);
        const bool goes_first =
            is_urgent ? is_older && other.rolls_back : is_older || other.rolls_back;
        if (!goes_first && other.current_batch == 0) continue;
        const auto& theirs = rows_.at(id);
        const bool shares = std::any_of(theirs.begin(), theirs.end(),
                                        [&](const TaskRow& t) { return mine.contains(t.node); });
        if (shares) found.push_back(other.version);
    }
    std::sort(found.begin(), found.end());
    return found;
}

std::vector<control::Candidate> SimDatabase::claimable(int limit, int resting, Instant now) {
    std::vector<ReleaseRow*> open;
    for (auto& [id, row] : releases_) {
        if (!row.finished_at && !has_lease(row, now)) open.push_back(&row);
    }
    const auto rank = [&](const ReleaseRow& row) { return rank_of(row, rows_.at(row.id), now); };
    std::sort(open.begin(), open.end(), [&](const ReleaseRow* a, const ReleaseRow* b) {
        return std::pair(rank(*a), a->version) < std::pair(rank(*b), b->version);
    });
    std::vector<control::Candidate> found;
    for (ReleaseRow* row : open) {
        const bool is_ending = row->requested == Action::stop || is_final(row->status);
        const bool waits_its_turn = row->current_batch == 0 && !is_ending;
        const RowsState state = waits_its_turn ? see_to_rows(*row, now) : RowsState::complete;
        if (state == RowsState::awaited) continue;
        const bool is_overdue = state == RowsState::overdue;
        const bool is_resting = is_overdue || rank(*row) >= Rank::asks_a_gate;
        int& places = is_resting ? resting : limit;
        const bool is_urgent = row->rolls_back || row->aborted_at;
        if (!is_due(*row, now) || (places <= 0 && !is_urgent)) continue;
        if (waits_its_turn && !is_overdue && !blockers(*row, rows_.at(row->id)).empty()) continue;
        found.push_back(control::Candidate{row->id, is_resting, is_urgent});
        if (!is_urgent) --places;
    }
    return found;
}

std::optional<Epoch> SimDatabase::claim(const std::string& owner, ReleaseId id,
                                        const std::string& order_id, Instant now) {
    const auto found = releases_.find(id);
    if (found == releases_.end()) return std::nullopt;
    ReleaseRow& row = found->second;
    if (row.finished_at || has_lease(row, now) || !is_due(row, now)) return std::nullopt;
    const ReleaseRow before = row;
    const bool is_begun = row.current_batch != 0 || row.started_at;
    const bool is_first = row.claimed_by.empty() && !is_begun;
    const std::int64_t epoch = row.claim_epoch.value;
    const bool is_countable = epoch >= 0 && epoch < epoch_max;
    if (is_first || (row.order_id.empty() && !is_begun)) row.order_id = order_id;
    const bool is_carried_on = row.started_batch_epoch == row.claim_epoch;
    row.claim_epoch.value = is_first ? 1 : is_countable ? epoch + 1 : epoch_max;
    if (is_carried_on) row.started_batch_epoch = row.claim_epoch;
    row.claimed_by = owner;
    row.lease_until = now + lease_;
    row.lease_for = lease_;
    ++history_rows_;
    if (witness_ != nullptr) witness_->claimed(before, row);
    return row.claim_epoch;
}

bool SimDatabase::renew(const control::Claim& claim, Instant now) {
    const auto found = releases_.find(claim.release);
    if (found == releases_.end() || !owns(found->second, claim)) return false;
    found->second.lease_until = now + lease_;
    found->second.lease_for = lease_;
    return true;
}

void SimDatabase::give_back(const control::Claim& claim, Instant) {
    const auto found = releases_.find(claim.release);
    if (found == releases_.end() || !owns(found->second, claim)) return;
    found->second.lease_until.reset();
}

std::vector<control::Mark> SimDatabase::marks(const std::string& owner, Instant now) const {
    std::vector<control::Mark> found;
    for (const auto& [id, row] : releases_) {
        if (row.claimed_by != owner || row.finished_at || !has_lease(row, now)) continue;
        control::Mark mark;
        mark.release = id;
        mark.epoch = row.claim_epoch;
        mark.status = row.status;
        mark.requested = row.requested;
        mark.steer_seq = row.steer_seq;
        found.push_back(mark);
    }
    return found;
}

void SimDatabase::record(const control::Claim& claim, const HistoryRow&) {
    const auto found = releases_.find(claim.release);
    if (found != releases_.end() && owns(found->second, claim)) ++history_rows_;
}

std::optional<std::string> SimDatabase::payload(Version version) const {
    const auto found = contents_.find(version);
    if (found == contents_.end()) return std::nullopt;
    return found->second;
}

void SimDatabase::insert_node(InventoryRow node) {
    inventory_.insert_or_assign(node.id, std::move(node));
}

void SimDatabase::insert_content(Version version, std::string payload) {
    contents_.insert_or_assign(version, std::move(payload));
}

void SimDatabase::insert_release(ReleaseRow row, const std::vector<PlannedNode>& nodes,
                                 Instant now) {
    const ReleaseId id = row.id;
    row.rows_grew_at = now;
    releases_.insert_or_assign(id, std::move(row));
    rows_[id];
    insert_rows(id, nodes);
}

void SimDatabase::insert_rows(ReleaseId id, const std::vector<PlannedNode>& nodes) {
    const ReleaseRow& release = releases_.at(id);
    std::vector<TaskRow>& rows = rows_.at(id);
    for (const PlannedNode& planned : nodes) {
        // A unique key: the INSERT of a second row for a node fails.
        const bool is_there = std::any_of(
            rows.begin(), rows.end(), [&](const TaskRow& row) { return row.node == planned.node; });
        if (is_there) continue;
        test::add_row(planned, rows, next_row_id_);
        rows.back().is_late = release.claim_epoch.value > 0;
        rows.back().came_after_start = release.current_batch > 0;
    }
}

void SimDatabase::set_row_by_hand(ReleaseId id, NodeId node, NodeStatus status, Instant now) {
    for (TaskRow& row : rows_.at(id)) {
        if (row.node != node) continue;
        if (!row.hand_changed_at) row.status_before_hand = row.status;
        row.hand_changed_at = now;
        row.status = status;
    }
}

void SimDatabase::delete_row(ReleaseId id, NodeId node) {
    std::erase_if(rows_.at(id), [&](const TaskRow& row) {
        if (row.node == node && witness_ != nullptr) witness_->row_deleted(id, row);
        return row.node == node;
    });
}

void SimDatabase::delete_release(ReleaseId id) {
    releases_.erase(id);
    rows_.erase(id);
}

}  // namespace edgeroll::sim
