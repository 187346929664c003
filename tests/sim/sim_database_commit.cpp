// Reading a release and writing its progress: the two important transactions.
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

void apply(const ReleaseChange& change, ReleaseRow& row, Instant now) {
    if (change.status) row.status = *change.status;
    if (change.batch_status) row.batch_status = *change.batch_status;
    if (change.current_batch) row.current_batch = *change.current_batch;
    if (change.started_batch) {
        row.started_batch = *change.started_batch;
        row.started_batch_epoch = row.claim_epoch;
    }
    if (change.total_batches) row.total_batches = *change.total_batches;
    if (change.total_nodes) row.total_nodes = *change.total_nodes;
    if (change.content_sha256) row.content_sha256 = *change.content_sha256;
    if (change.last_error) row.last_error = *change.last_error;
    if (change.is_started && !row.started_at) row.started_at = now;
    if (change.is_finished) row.finished_at = now;
    if (change.is_baked) row.is_baked = true;
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

void apply(const NodeChange& change, TaskRow& row, Instant now) {
    row.status = change.to;
    row.failure = change.failure;
    row.attempt = change.attempt;
    row.ids_passed_over = change.ids_passed_over;
    row.task_id = change.task_id;
    row.reason = change.reason;
    row.error = change.error;
    row.trouble.clear();
    row.trouble_until.reset();
    row.earlier_error = change.earlier_error;
    row.progress = change.progress;
    row.hand_changed_at.reset();
    if (!change.steps.empty()) row.steps = change.steps;
    if (change.to == NodeStatus::running) {
        row.started_at = now;  // a further attempt restarts the row's time too
        row.finished_at.reset();
    }
    if (is_final(change.to)) row.finished_at = now;
}

/// False: the rows differ from those that were read.
bool mark_rows_of_start(const RowsOfStart& start, Epoch epoch, std::vector<TaskRow>& rows) {
    int marked = 0;
    for (TaskRow& row : rows) {
        if (row.row_id > start.newest_row_id) continue;
        row.start_epoch = epoch;
        row.came_after_start = false;
        ++marked;
    }
    return marked == start.rows;
}

}  // namespace

void skip_pending(std::vector<TaskRow>& rows, const SkipPending& skip, Instant now) {
    for (TaskRow& task : rows) {
        if (task.status != NodeStatus::pending) continue;
        task.status = skip.is_deferral ? NodeStatus::deferred : NodeStatus::skipped;
        task.reason = skip.kind;
        task.error = skip.reason;
        task.finished_at = now;
    }
}

void recount(ReleaseRow& release, const std::vector<TaskRow>& rows) {
    release.success_nodes = count_of(rows, NodeStatus::success);
    release.failed_nodes = count_of(rows, NodeStatus::failed);
}

NodeRow SimDatabase::read_row(const TaskRow& row, Instant now) const {
    NodeRow read;
    read.row_id = row.row_id;
    read.id = row.node;
    read.batch = row.batch;
    read.status = row.status;
    read.failure = row.failure;
    read.attempt = row.attempt;
    read.attempts_before = row.attempts_before;
    read.ids_passed_over = row.ids_passed_over;
    read.config_version = row.config_version;
    read.is_of_start = row.start_epoch.has_value();
    read.is_waived = row.is_waived;
    read.task_id = row.task_id;
    if (may_stand_beside(row.reason, row.status)) read.reason = row.reason;
    read.error = row.error;
    read.trouble = row.trouble;
    read.earlier_error = row.earlier_error;
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

// The header and one batch; for the other batches only what the index shows.
void SimDatabase::keep_part(Snapshot& seen, int batch) {
    BatchReading part;
    part.number = batch;
    for (const NodeRow& row : seen.nodes) {
        if (row.status == NodeStatus::failed) ++part.failed;
        if (is_final(row.status)) continue;
        part.lowest_open = std::min(part.lowest_open.value_or(row.batch), row.batch);
    }
    std::erase_if(seen.nodes, [&](const NodeRow& row) { return row.batch != batch; });
    seen.part = part;
}

std::optional<Snapshot> SimDatabase::read(const control::Claim& claim, Instant now,
                                          std::optional<int> part) {
    const auto found = releases_.find(claim.release);
    if (found == releases_.end() || !owns(found->second, claim)) return std::nullopt;
    const ReleaseRow& row = found->second;
    Snapshot seen;
    seen.id = row.id;
    seen.version = row.version;
    seen.order_id = row.order_id;
    if (claim.epoch.value >= epoch_max) seen.problems.emplace_back(unusable_epoch);
    seen.status = row.status;
    seen.is_ended = row.finished_at.has_value();
    seen.batch_status = row.batch_status;
    seen.requested = row.requested;
    seen.current_batch = row.current_batch;
    if (row.current_batch > 0 && row.started_batch_epoch == row.claim_epoch) {
        seen.started_batch = row.started_batch;
    }
    seen.total_batches = row.total_batches;
    seen.total_nodes = row.total_nodes;
    seen.success_nodes = row.success_nodes;
    seen.failed_nodes = row.failed_nodes;
    seen.has_batch_config = row.has_batch_config;
    seen.is_planned = row.is_planned;
    seen.is_proven = row.is_proven;
    const bool is_noted = row.rows_seen == static_cast<int>(rows_.at(row.id).size());
    if (row.current_batch == 0 && !part && is_noted)
        seen.rows_unchanged_for = now - row.rows_grew_at;
    seen.policy = row.policy;
    seen.content_sha256 = row.content_sha256;
    seen.last_error = row.last_error;
    seen.waived_failures = row.waived_failures;
    seen.catches_up = row.catches_up;
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
        const bool is_looked_at = !part || task.batch == seen.started_batch;
        if (!counts || !task.finished_at || !is_looked_at) continue;
        const Millis since = now - *task.finished_at;
        if (!seen.since_last_finish || since < *seen.since_last_finish) {
            seen.since_last_finish = since;
        }
    }
    const auto content = contents_.find(row.version);
    if (content != contents_.end()) {
        seen.content.is_present = true;
        seen.content.sha256 = digest_(content->second);
    }
    for (const TaskRow& task : rows_.at(row.id))
        seen.nodes.push_back(read_row(task, now));
    std::sort(seen.nodes.begin(), seen.nodes.end(), [](const NodeRow& a, const NodeRow& b) {
        return std::pair(a.batch, a.id) < std::pair(b.batch, b.id);
    });
    if (part) keep_part(seen, *part);
    read_other_contents(seen);
    if (!part && seen.nodes.empty() && row.has_batch_config) {
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
    if (row.current_batch == 0) seen.blockers = blockers(row, rows_.at(row.id));
    return seen;
}

void SimDatabase::applied(const NodeChange& change, const ReleaseRow& release, TaskRow& row) {
    const auto node = inventory_.find(change.node);
    if (!change.has_new_content || node == inventory_.end()) return;
    const Version source = change.content.value_or(release.version);
    InventoryRow& holds = node->second;
    if (holds.applied_config_version != source) {
        row.previous_config_version = holds.applied_config_version;
    }
    holds.applied_version = release.version;
    holds.applied_config_version = source;
    holds.applied_sha256 = change.content ? digest_(contents_.at(source)) : release.content_sha256;
}

control::Committed SimDatabase::commit(const control::Claim& claim, const Commit& commit,
                                       Instant now) {
    using control::Committed;
    const auto found = releases_.find(claim.release);
    if (found == releases_.end() || !owns(found->second, claim)) return Committed::fenced;
    const ReleaseRow before = found->second;
    const bool is_action_expected =
        before.requested == commit.expected_action || has_mutant(Mutant::operator_action_lost);
    if (before.status != commit.expected_status || !is_action_expected) return Committed::stale;
    if (before.steer_seq != commit.expected_steer_seq) return Committed::stale;
    const auto rows_now = static_cast<int>(rows_.at(claim.release).size());
    if (commit.expected_rows.value_or(rows_now) != rows_now) return Committed::stale;
    // Works on a copy, statement by statement, as a transaction: if one fails, nothing is done.
    ReleaseRow row = before;
    const std::vector<TaskRow> rows_before = rows_.at(row.id);
    std::vector<TaskRow> rows = rows_before;
    apply(commit.release, row, now);
    if (!commit.planned.empty()) row.is_planned = true;
    for (const PlannedNode& planned : commit.planned) {
        if (find_row(rows, planned.node) != nullptr) return Committed::stale;
        add(planned, rows);
    }
    // A release that shares nodes may have been added or started since this one was read.
    if (commit.release.is_started && !blockers(row, rows).empty()) return Committed::stale;
    const auto& start = commit.release.rows_of_start;
    if (start && !mark_rows_of_start(*start, claim.epoch, rows)) return Committed::stale;
    for (const NodeChange& change : commit.nodes) {
        TaskRow* task = find_row(rows, change.node);
        const bool is_same_row = task != nullptr && (task->row_id == change.row_id ||
                                                     has_mutant(Mutant::row_not_compared));
        if (!is_same_row || task->status != change.from) return Committed::stale;
        apply(change, *task, now);
    }
    for (const ProgressChange& change : commit.progress) {
        TaskRow* task = find_row(rows, change.node);
        const bool runs_it = task != nullptr && task->status == NodeStatus::running &&
                             !task->task_id.empty() && task->task_id == change.task_id;
        if (!runs_it) continue;
        task->progress = change.progress;
        if (!change.error) continue;
        task->error = *change.error;
        task->reason = change.trouble.kind;
        task->trouble = change.trouble.message;
        task->trouble_until.reset();
        if (change.until) task->trouble_until = now + *change.until;
    }
    if (commit.skip_pending) skip_pending(rows, *commit.skip_pending, now);
    recount(row, rows);
    for (const NodeChange& change : commit.nodes)
        applied(change, row, *find_row(rows, change.node));
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
