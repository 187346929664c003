#include "sim_database.hpp"

#include <algorithm>
#include <cstdio>

#include "release/mutant.hpp"

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

bool SimDatabase::owns(const ReleaseRow& row, const control::Claim& claim) const {
    if (has_mutant(Mutant::epoch_not_checked)) return true;
    return row.claim_epoch == claim.epoch && row.claimed_by == claim.owner;
}

std::vector<Version> SimDatabase::blockers(const ReleaseRow& row) const {
    std::vector<Version> found;
    std::set<NodeId> mine;
    for (const TaskRow& task : rows_.at(row.id))
        mine.insert(task.node);
    for (const auto& [id, other] : releases_) {
        if (id == row.id || is_final(other.status)) continue;
        if (other.version >= row.version && other.current_batch == 0) continue;
        const auto& theirs = rows_.at(id);
        const bool shares = std::any_of(theirs.begin(), theirs.end(),
                                        [&](const TaskRow& t) { return mine.contains(t.node); });
        if (shares) found.push_back(other.version);
    }
    return found;
}

void SimDatabase::give_up_waiting(ReleaseRow& row, Instant now) {
    row.status = ReleaseStatus::failed;
    row.batch_status = BatchStatus::stopped;
    row.finished_at = now;
    for (TaskRow& task : rows_.at(row.id)) {
        if (task.status != NodeStatus::pending) continue;
        task.status = NodeStatus::skipped;
        task.error = "the release was never complete";
    }
}

bool SimDatabase::is_complete(ReleaseRow& row, Instant now) {
    const int count = static_cast<int>(rows_.at(row.id).size());
    if (count == 0 && row.has_batch_config) return true;
    if (count > 0 && count >= row.total_nodes) return true;
    if (count != row.rows_seen) {
        if (count > row.rows_seen) row.rows_grew_at = now;
        row.rows_seen = count;
    }
    row.last_error = "waiting for node rows: " + std::to_string(count) + " of " +
                     std::to_string(row.total_nodes);
    const Instant since = std::max(row.rows_grew_at, row.not_before.value_or(row.rows_grew_at));
    const bool is_pending = row.status == ReleaseStatus::pending;
    if (is_pending && now - since >= std::chrono::seconds(60)) give_up_waiting(row, now);
    return false;
}

std::vector<ReleaseId> SimDatabase::claimable(int limit, Instant now) {
    std::vector<const ReleaseRow*> found;
    for (auto& [id, row] : releases_) {
        if (is_final(row.status) || has_lease(row, now)) continue;
        const bool is_due = !row.not_before || *row.not_before <= now;
        const bool waits_its_turn = row.current_batch == 0 && row.requested != Action::stop;
        if (waits_its_turn && !is_complete(row, now)) continue;
        if (!is_due) continue;
        if (waits_its_turn && !blockers(row).empty()) continue;
        found.push_back(&row);
    }
    std::sort(found.begin(), found.end(),
              [](const ReleaseRow* a, const ReleaseRow* b) { return a->version < b->version; });
    std::vector<ReleaseId> ids;
    for (const ReleaseRow* row : found) {
        if (static_cast<int>(ids.size()) < limit) ids.push_back(row->id);
    }
    return ids;
}

std::optional<Epoch> SimDatabase::claim(const std::string& owner, ReleaseId id, Instant now) {
    const auto found = releases_.find(id);
    if (found == releases_.end()) return std::nullopt;
    ReleaseRow& row = found->second;
    if (is_final(row.status) || has_lease(row, now)) return std::nullopt;
    if (row.not_before && *row.not_before > now) return std::nullopt;
    const ReleaseRow before = row;
    row.claimed_by = owner;
    ++row.claim_epoch.value;
    row.lease_until = now + lease_;
    ++history_rows_;
    if (witness_ != nullptr) witness_->claimed(before, row);
    return row.claim_epoch;
}

bool SimDatabase::renew(const control::Claim& claim, Instant now) {
    const auto found = releases_.find(claim.release);
    if (found == releases_.end() || !owns(found->second, claim)) return false;
    found->second.lease_until = now + lease_;
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
        if (row.claimed_by != owner || is_final(row.status) || !has_lease(row, now)) continue;
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
    insert_rows(id, nodes, now);
}

void SimDatabase::insert_rows(ReleaseId id, const std::vector<PlannedNode>& nodes, Instant) {
    auto& rows = rows_.at(id);
    const bool is_late = releases_.at(id).claim_epoch.value > 0;
    for (const PlannedNode& planned : nodes) {
        TaskRow row;
        row.row_id = next_row_id_++;
        row.node = planned.node;
        row.batch = planned.batch;
        row.config_version = planned.config_version;
        row.is_late = is_late;
        rows.push_back(std::move(row));
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

}  // namespace edgeroll::sim
