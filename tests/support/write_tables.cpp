#include "tests/support/write_tables.hpp"

#include <algorithm>
#include <utility>

#include "release/mutant.hpp"

namespace edgeroll::test {

using namespace release;

namespace {

TaskRow* find_row(std::vector<TaskRow>& rows, NodeId node) {
    const auto found = std::find_if(rows.begin(), rows.end(),
                                    [&](const TaskRow& row) { return row.node == node; });
    return found == rows.end() ? nullptr : &*found;
}

int count_of(const std::vector<TaskRow>& rows, NodeStatus status) {
    return static_cast<int>(std::count_if(rows.begin(), rows.end(), [&](const TaskRow& row) {
        return row.status == status && !row.is_joined;
    }));
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
    if (change.is_aborted && !row.aborted_at) row.aborted_at = now;
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
    row.evidence = change.evidence;
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

// Dropped unless the row runs this task.
void apply(const ProgressChange& change, std::vector<TaskRow>& rows, Instant now) {
    TaskRow* task = find_row(rows, change.node);
    const bool runs_it = task != nullptr && task->status == NodeStatus::running &&
                         !task->task_id.empty() && task->task_id == change.task_id;
    if (!runs_it) return;
    task->progress = change.progress;
    if (!change.error) return;
    task->error = *change.error;
    task->reason = change.trouble.kind;
    task->trouble = change.trouble.message;
    task->trouble_until.reset();
    if (change.until) task->trouble_until = now + *change.until;
}

void skip_pending(const SkipPending& skip, std::vector<TaskRow>& rows, Instant now) {
    for (TaskRow& task : rows) {
        if (task.status != NodeStatus::pending) continue;
        task.status = skip.is_deferral ? NodeStatus::deferred : NodeStatus::skipped;
        task.reason = skip.kind;
        task.error = skip.reason;
        task.finished_at = now;
    }
}

}  // namespace

void add_row(const PlannedNode& planned, std::vector<TaskRow>& tasks, std::int64_t& next_row_id) {
    TaskRow row;
    row.row_id = next_row_id++;
    row.node = planned.node;
    row.batch = planned.batch;
    row.config_version = planned.config_version;
    tasks.push_back(std::move(row));
}

bool apply_commit(const Commit& commit, ReleaseRow& row, std::vector<TaskRow>& tasks,
                  std::int64_t& next_row_id, Instant now) {
    const bool is_action_expected =
        row.requested == commit.expected_action || has_mutant(Mutant::operator_action_lost);
    if (row.status != commit.expected_status || !is_action_expected) return false;
    if (row.steer_seq != commit.expected_steer_seq) return false;
    const auto rows_now = static_cast<int>(tasks.size());
    if (commit.expected_rows.value_or(rows_now) != rows_now) return false;
    apply(commit.release, row, now);
    if (!commit.planned.empty()) row.is_planned = true;
    for (const PlannedNode& planned : commit.planned) {
        if (find_row(tasks, planned.node) != nullptr) return false;
        add_row(planned, tasks, next_row_id);
    }
    const auto& start = commit.release.rows_of_start;
    if (start && !mark_rows_of_start(*start, row.claim_epoch, tasks)) return false;
    for (const NodeChange& change : commit.nodes) {
        TaskRow* task = find_row(tasks, change.node);
        const bool is_same_row = task != nullptr && (task->row_id == change.row_id ||
                                                     has_mutant(Mutant::row_not_compared));
        if (!is_same_row || task->status != change.from) return false;
        apply(change, *task, now);
    }
    for (const ProgressChange& change : commit.progress)
        apply(change, tasks, now);
    if (commit.skip_pending) skip_pending(*commit.skip_pending, tasks, now);
    for (const Evidence& seen : commit.evidence) {
        if (seen.gate == evidence::proof) row.is_proven = true;
    }
    row.success_nodes = count_of(tasks, NodeStatus::success);
    row.failed_nodes = count_of(tasks, NodeStatus::failed);
    return true;
}

void write_applied(const Commit& commit, const ReleaseRow& release, std::vector<TaskRow>& tasks,
                   Inventory& inventory, const DigestOf& digest_of) {
    for (const NodeChange& change : commit.nodes) {
        const auto node = inventory.find(change.node);
        if (!change.has_new_content || node == inventory.end()) continue;
        const Version source = change.content.value_or(release.version);
        InventoryRow& holds = node->second;
        if (holds.applied_config_version != source) {
            find_row(tasks, change.node)->previous_config_version = holds.applied_config_version;
        }
        holds.applied_version = release.version;
        holds.applied_config_version = source;
        holds.applied_sha256 = change.content ? digest_of(source) : release.content_sha256;
        holds.observed.content = ObservedContent::believed;
        holds.observed.version = release.version;
        holds.observed.sha256 = holds.applied_sha256;
    }
}

void take_up(TaskRow& row) {
    row.status = NodeStatus::pending;
    row.failure = FailureKind::none;
    row.attempts_before = row.attempt;
    row.ids_passed_over = 0;
    row.reason = ReasonKind::none;
    row.error.clear();
    row.trouble.clear();
    row.trouble_until.reset();
    row.earlier_error.clear();
    row.evidence.reset();
    row.progress = 0;
    row.started_at.reset();
    row.finished_at.reset();
    row.hand_changed_at.reset();
    row.is_left_out = row.is_waived = row.is_failure_left_out = false;
}

void begin_anew(ReleaseRow& row) {
    row.status = ReleaseStatus::pending;
    row.batch_status = BatchStatus::none;
    row.requested = Action::none;
    row.hold = Hold::none;
    row.current_batch = 0;
    row.started_batch.reset();
    row.started_batch_epoch.reset();
    row.last_error.clear();
    row.started_at.reset();
    row.finished_at.reset();
    row.aborted_at.reset();
    row.is_ended_by_hand = false;
    row.hold_until.reset();
    row.paused_at.reset();
    row.lease_until.reset();
    row.paused_for = row.batch_work_start = Millis{0};
    row.rows_seen = -1;
    ++row.steer_seq;
}

}  // namespace edgeroll::test
