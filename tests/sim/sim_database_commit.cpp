// Reading a release and writing its progress: the two transactions that matter.
#include <algorithm>

#include "release/mutant.hpp"
#include "sim_database.hpp"

namespace edgeroll::sim {

using namespace release;

namespace {

TaskRow* find_row(std::vector<TaskRow>& rows, NodeId node) {
    const auto found = std::find_if(rows.begin(), rows.end(),
                                    [&](const TaskRow& row) { return row.node == node; });
    return found == rows.end() ? nullptr : &*found;
}

int count_of(const std::vector<TaskRow>& rows, NodeStatus status) {
    return static_cast<int>(std::count_if(
        rows.begin(), rows.end(), [&](const TaskRow& row) { return row.status == status; }));
}

}  // namespace

NodeRow SimDatabase::read_row(const TaskRow& row, Instant now) const {
    NodeRow read;
    read.row_id = row.row_id;
    read.id = row.node;
    read.batch = row.batch;
    read.status = row.status;
    read.failure = row.failure;
    read.attempt = row.attempt;
    read.attempts_before = row.attempts_before;
    read.config_version = row.config_version;
    read.task_id = row.task_id;
    read.error = row.error;
    if (row.status == NodeStatus::running && row.started_at) {
        read.running_for = now - *row.started_at;
    }
    const auto found = inventory_.find(row.node);
    if (found == inventory_.end()) {
        read.facts.exists = false;
        return read;
    }
    const InventoryRow& node = found->second;
    read.facts.is_enabled = node.is_enabled;
    read.facts.is_in_maintenance = node.is_in_maintenance;
    read.facts.applied_version = node.applied_version;
    read.facts.applied_sha256 = node.applied_sha256;
    read.address = node.address;
    return read;
}

std::optional<Snapshot> SimDatabase::read(const control::Claim& claim, Instant now) {
    const auto found = releases_.find(claim.release);
    if (found == releases_.end() || !owns(found->second, claim)) return std::nullopt;
    const ReleaseRow& row = found->second;
    Snapshot seen;
    seen.id = row.id;
    seen.version = row.version;
    seen.status = row.status;
    seen.batch_status = row.batch_status;
    seen.requested = row.requested;
    seen.current_batch = row.current_batch;
    seen.total_batches = row.total_batches;
    seen.total_nodes = row.total_nodes;
    seen.success_nodes = row.success_nodes;
    seen.failed_nodes = row.failed_nodes;
    seen.has_batch_config = row.has_batch_config;
    seen.is_planned = row.is_planned;
    seen.policy = row.policy;
    seen.content_sha256 = row.content_sha256;
    seen.last_error = row.last_error;
    seen.waived_failures = row.waived_failures;
    seen.hold = row.hold;
    if (row.hold_until) seen.hold_left = *row.hold_until - now;
    if (row.started_at) seen.worked = now - *row.started_at - row.paused_for;
    if (row.paused_at) seen.worked -= now - *row.paused_at;
    seen.worked = std::max(seen.worked, Millis{0});
    seen.batch_work_start = row.batch_work_start;
    seen.is_pause_marked = row.paused_at.has_value();
    seen.utc_ms = now.time_since_epoch().count();
    seen.steer_seq = row.steer_seq;
    seen.rolls_back = row.rolls_back;
    for (const TaskRow& task : rows_.at(row.id)) {
        const bool counts = is_final(task.status) && task.status != NodeStatus::skipped;
        if (!counts || !task.finished_at) continue;
        const Millis since = now - *task.finished_at;
        if (!seen.since_last_finish || since < *seen.since_last_finish) {
            seen.since_last_finish = since;
        }
    }
    const auto content = contents_.find(row.version);
    if (content != contents_.end()) {
        seen.content.is_present = true;
        seen.content.sha256 = sim_digest(content->second);
    }
    for (const TaskRow& task : rows_.at(row.id))
        seen.nodes.push_back(read_row(task, now));
    std::sort(seen.nodes.begin(), seen.nodes.end(), [](const NodeRow& a, const NodeRow& b) {
        return std::pair(a.batch, a.id) < std::pair(b.batch, b.id);
    });
    read_other_contents(seen);
    if (seen.nodes.empty() && row.has_batch_config) {
        for (const auto& [id, node] : inventory_) {
            if (!node.is_enabled || node.is_in_maintenance || !node.is_online) continue;
            FleetNode member;
            member.id = id;
            member.labels = node.address.labels;
            member.name = node.address.name;
            member.ip = node.address.ip;
            seen.fleet.push_back(std::move(member));
        }
    }
    seen.blockers = blockers(row);
    return seen;
}

bool SimDatabase::fits(const ReleaseRow& row, const std::vector<TaskRow>& rows,
                       const Commit& commit) const {
    if (row.status != commit.expected_status) return false;
    const bool is_action_expected = row.requested == commit.expected_action;
    if (!is_action_expected && !has_mutant(Mutant::operator_action_lost)) return false;
    if (row.steer_seq != commit.expected_steer_seq) return false;
    // A release that shares nodes may have come or started since this one was read.
    if (commit.release.is_started && !blockers(row).empty()) return false;
    for (const NodeChange& change : commit.nodes) {
        const bool is_there = std::any_of(rows.begin(), rows.end(), [&](const TaskRow& task) {
            return task.node == change.node && task.status == change.from;
        });
        if (!is_there) return false;
    }
    for (const PlannedNode& planned : commit.planned) {
        const bool is_taken = std::any_of(rows.begin(), rows.end(), [&](const TaskRow& task) {
            return task.node == planned.node;
        });
        if (is_taken) return false;
    }
    return true;
}

void SimDatabase::apply(const ReleaseChange& change, ReleaseRow& row, Instant now) const {
    if (change.status) row.status = *change.status;
    if (change.batch_status) row.batch_status = *change.batch_status;
    if (change.current_batch) row.current_batch = *change.current_batch;
    if (change.total_batches) row.total_batches = *change.total_batches;
    if (change.total_nodes) row.total_nodes = *change.total_nodes;
    if (change.content_sha256) row.content_sha256 = *change.content_sha256;
    if (change.last_error) row.last_error = *change.last_error;
    if (change.is_started && !row.started_at) row.started_at = now;
    if (change.is_finished) row.finished_at = now;
    if (change.clears_action) row.requested = Action::none;
    if (change.hold) {
        row.hold = *change.hold;
        row.hold_until.reset();
        if (change.hold_for) row.hold_until = now + *change.hold_for;
    }
    if (change.marks_pause && !row.paused_at) row.paused_at = now;
    if (change.ends_pause) {
        if (row.paused_at) row.paused_for += now - *row.paused_at;
        row.paused_at.reset();
    }
    if (change.forgotten_work) row.paused_for += *change.forgotten_work;
    if (change.batch_work_start) row.batch_work_start = *change.batch_work_start;
    if (change.waived_failures) row.waived_failures = *change.waived_failures;
}

void SimDatabase::apply(const NodeChange& change, const ReleaseRow& release, TaskRow& row,
                        Instant now) {
    row.status = change.to;
    row.failure = change.failure;
    row.attempt = change.attempt;
    row.task_id = change.task_id;
    row.error = change.error;
    row.progress = change.progress;
    row.hand_changed_at.reset();
    if (!change.steps.empty()) row.steps = change.steps;
    if (change.to == NodeStatus::running) row.started_at = now;
    if (is_final(change.to)) row.finished_at = now;
    if (!change.has_new_content) return;
    const auto node = inventory_.find(change.node);
    if (node == inventory_.end()) return;
    const Version source = change.content.value_or(release.version);
    InventoryRow& holds = node->second;
    if (holds.applied_config_version != source) {
        row.previous_config_version = holds.applied_config_version;
    }
    holds.applied_version = release.version;
    holds.applied_config_version = source;
    holds.applied_sha256 =
        change.content ? sim_digest(contents_.at(source)) : release.content_sha256;
}

control::Committed SimDatabase::commit(const control::Claim& claim, const Commit& commit,
                                       Instant now) {
    const auto found = releases_.find(claim.release);
    if (found == releases_.end() || !owns(found->second, claim)) {
        return control::Committed::fenced;
    }
    ReleaseRow& row = found->second;
    auto& rows = rows_.at(row.id);
    if (!fits(row, rows, commit)) return control::Committed::stale;

    const ReleaseRow before = row;
    const std::vector<TaskRow> rows_before = rows;
    apply(commit.release, row, now);
    for (const NodeChange& change : commit.nodes) {
        apply(change, row, *find_row(rows, change.node), now);
    }
    if (!commit.planned.empty()) {
        row.is_planned = true;
        for (const PlannedNode& planned : commit.planned) {
            TaskRow task;
            task.row_id = next_row_id_++;
            task.node = planned.node;
            task.batch = planned.batch;
            task.config_version = planned.config_version;
            rows.push_back(std::move(task));
        }
    }
    if (commit.skip_pending) {
        for (TaskRow& task : rows) {
            if (task.status != NodeStatus::pending) continue;
            task.status = NodeStatus::skipped;
            task.error = commit.skip_pending->reason;
            task.finished_at = now;
        }
    }
    row.success_nodes = count_of(rows, NodeStatus::success);
    row.failed_nodes = count_of(rows, NodeStatus::failed);
    history_rows_ += commit.history.size();
    if (witness_ != nullptr) witness_->committed(claim, before, rows_before, row, rows);
    if (commit.creates_rollback) roll_back(row, now);
    return control::Committed::done;
}

}  // namespace edgeroll::sim
