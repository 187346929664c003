// API actions of operators on finished releases, and edgeroll's own action if on_failure is
// rollback: the same rules as in control/store.
#include <algorithm>

#include "release/limits.hpp"
#include "release/mutant.hpp"
#include "sim_database.hpp"
#include "tests/support/write_tables.hpp"

namespace edgeroll::sim {

using namespace release;

namespace {

/// The release sent the node a task, or found its content in place.
bool is_touched(const TaskRow& row) {
    if (row.status == NodeStatus::deferred) return false;
    return row.attempt > 0 || row.status == NodeStatus::success;
}

/// The version of a touched node's earlier content; nothing if it is unknown.
std::optional<Version> former_content(const TaskRow& row, const InventoryRow& node,
                                      Version version) {
    const bool has_new =
        row.status == NodeStatus::success || node.applied_config_version == version;
    return has_new ? row.previous_config_version : node.applied_config_version;
}

bool may_retry(NodeStatus row, ReleaseStatus release, RetryBy by) {
    if (by == RetryBy::reconciliation) return is_final(row);
    if (release == ReleaseStatus::success) return row == NodeStatus::deferred;
    return row == NodeStatus::failed || row == NodeStatus::skipped || row == NodeStatus::deferred ||
           row == NodeStatus::cancelled || row == NodeStatus::pending;
}

/// Marks the failures that an operator has waived: the first ones, as many as there are waivers. A
/// success tolerates all of its failures.
void mark_waived(const ReleaseRow& release, std::vector<TaskRow>& rows) {
    const auto is_aside = [](const TaskRow& row) {
        return row.status == NodeStatus::failed && row.attempts_before > row.attempt;
    };
    auto left = release.waived_failures - std::count_if(rows.begin(), rows.end(), is_aside);
    std::vector<TaskRow*> in_order;
    for (TaskRow& row : rows)
        in_order.push_back(&row);
    std::sort(in_order.begin(), in_order.end(), [](const TaskRow* a, const TaskRow* b) {
        return std::pair(a->batch, a->node) < std::pair(b->batch, b->node);
    });
    for (TaskRow* row : in_order) {
        if (row->status != NodeStatus::failed) continue;
        const bool is_counted = !is_aside(*row) && left > 0;
        if (is_counted) --left;
        if (is_counted || release.status == ReleaseStatus::success) row->is_waived = true;
    }
}

/// The first look has up to three nodes (fewer in these small fleets, so that others follow), no
/// running ones and successes first; then come successes, failed ones, and those on which the
/// release still runs.
void plan_batches(const std::vector<std::pair<NodeStatus, PlannedNode>>& nodes,
                  std::vector<PlannedNode>& plan) {
    const auto rank = [](NodeStatus status) {
        if (status == NodeStatus::success) return 1;
        return status == NodeStatus::running ? 3 : 2;
    };
    const std::size_t first_look = std::clamp<std::size_t>(nodes.size() / 3, 1, 3);
    std::map<int, std::vector<PlannedNode>> ranks;
    for (const int wanted : {1, 2, 3}) {
        for (const auto& [status, node] : nodes) {
            if (rank(status) != wanted) continue;
            const bool is_first = wanted < 3 && ranks[0].size() < first_look;
            ranks[is_first ? 0 : wanted].push_back(node);
        }
    }
    int batch = 0;
    for (const auto& [number, members] : ranks) {
        if (!members.empty()) ++batch;
        for (PlannedNode node : members) {
            node.batch = batch;
            plan.push_back(node);
        }
    }
}

}  // namespace

bool SimDatabase::is_rolled_back(ReleaseId id) const {
    return std::any_of(releases_.begin(), releases_.end(),
                       [&](const auto& entry) { return entry.second.rolls_back == id; });
}

// An unfinished release of a later version shares nodes, and goes first.
bool SimDatabase::is_overtaken(const ReleaseRow& row) const {
    std::set<NodeId> mine;
    for (const TaskRow& task : rows_.at(row.id))
        mine.insert(task.node);
    return std::any_of(releases_.begin(), releases_.end(), [&](const auto& entry) {
        const auto& theirs = rows_.at(entry.first);
        const ReleaseRow& other = entry.second;
        if (other.version <= row.version || is_over(other, theirs)) return false;
        if (row.rolls_back && other.current_batch == 0 && !other.rolls_back) return false;
        return std::any_of(theirs.begin(), theirs.end(),
                           [&](const TaskRow& task) { return mine.contains(task.node); });
    });
}

bool SimDatabase::retry(ReleaseId id, const std::set<NodeId>& named, bool catches_up) {
    return retry(id, named, catches_up, RetryBy::operators);
}

bool SimDatabase::retry(ReleaseId id, const std::set<NodeId>& named, RetryBy by) {
    return retry(id, named, by == RetryBy::reconciliation, by);
}

bool SimDatabase::retry(ReleaseId id, const std::set<NodeId>& named, bool catches_up, RetryBy by) {
    ReleaseRow& row = releases_.at(id);
    auto& rows = rows_.at(id);
    if (row.status != ReleaseStatus::failed && row.status != ReleaseStatus::success) return false;
    if (by == RetryBy::operators && is_rolled_back(id)) return false;
    const bool may_overtake = by == RetryBy::reconciliation && has_mutant(Mutant::reconciles_held);
    if (is_overtaken(row) && !may_overtake) return false;
    // Includes pending rows of a release whose end an operator wrote and that are not skipped yet.
    const bool is_running = std::any_of(rows.begin(), rows.end(), [&](const TaskRow& task) {
        return task.status == NodeStatus::running ||
               (task.status == NodeStatus::pending && !row.finished_at);
    });
    if (catches_up && (row.status != ReleaseStatus::success || !row.finished_at)) return false;
    const auto is_taken = [&](const TaskRow& task) {
        return may_retry(task.status, row.status, by) && (task.batch >= 1 || task.is_joined) &&
               (named.empty() || named.contains(task.node));
    };
    if (is_running || std::none_of(rows.begin(), rows.end(), is_taken)) return false;

    const ReleaseRow before = row;
    const std::vector<TaskRow> rows_before = rows;
    mark_waived(row, rows);
    row.waived_failures = row.failed_nodes = row.success_nodes = 0;
    for (TaskRow& task : rows) {
        task.came_after_start = false;
        if (is_taken(task)) {
            take_up(task);
            continue;
        }
        const bool is_undone =
            task.status == NodeStatus::skipped || task.status == NodeStatus::cancelled;
        if (is_undone) task.is_left_out = true;
        if (task.status == NodeStatus::pending) {
            task.status = NodeStatus::skipped;
            task.reason = ReasonKind::added_late;
            task.error = added_late_text;
        }
        if (task.status == NodeStatus::failed) {
            if (!task.is_joined) ++row.failed_nodes;
            ++row.waived_failures;
            task.attempts_before = task.attempt + 1;
            task.is_failure_left_out = !task.is_waived;
        }
        if (task.status == NodeStatus::success && !task.is_joined) ++row.success_nodes;
    }
    row.catches_up = catches_up;
    if (!row.catches_up) row.is_baked = false;
    if (catches_up) {
        row.waived_failures +=
            static_cast<int>(std::count_if(rows.begin(), rows.end(), [](const TaskRow& task) {
                return task.status == NodeStatus::pending;
            }));
    }
    row.total_nodes = static_cast<int>(
        std::ranges::count_if(rows, [](const TaskRow& task) { return !task.is_joined; }));
    begin_anew(row);
    ++history_rows_;
    if (witness_ != nullptr) witness_->retried(before, rows_before, row, rows);
    return true;
}

bool SimDatabase::abort(ReleaseId id, Instant now) {
    ReleaseRow& row = releases_.at(id);
    if (row.finished_at || is_final(row.status) || row.aborted_at) return false;
    const std::size_t before = releases_.size();
    row.aborted_at = now;
    roll_back(row, now);
    const bool is_done = releases_.size() > before;
    if (!is_done) row.aborted_at.reset();  // nothing is written
    ++row.steer_seq;
    return is_done;
}

void SimDatabase::roll_back(const ReleaseRow& undone, Instant now) {
    ++history_rows_;  // created, or why not
    if (undone.rolls_back || is_rolled_back(undone.id)) return;
    std::vector<std::pair<NodeStatus, PlannedNode>> nodes;
    std::vector<PlannedNode> plan;
    for (const TaskRow& row : rows_.at(undone.id)) {
        const bool is_in = is_touched(row) || has_mutant(Mutant::rollback_touches_untouched);
        const auto node = inventory_.find(row.node);
        if (!is_in || node == inventory_.end()) continue;
        if (node->second.applied_version > undone.version) return;
        PlannedNode planned;
        planned.node = row.node;
        planned.config_version = former_content(row, node->second, undone.version);
        if (!planned.config_version || !contents_.contains(*planned.config_version)) continue;
        nodes.emplace_back(row.status, planned);
    }
    plan_batches(nodes, plan);
    if (plan.empty()) return;

    ReleaseRow made;
    made.id = undone.id;
    made.version = undone.version;
    for (const auto& [id, row] : releases_) {
        made.id = std::max(made.id, id);
        made.version = std::max(made.version, row.version);
    }
    constexpr std::int64_t first_own_id = 100;  // pipelines use the lower ids
    made.id.value = std::max(made.id.value + 1, first_own_id);
    ++made.version.value;
    made.total_nodes = static_cast<int>(plan.size());
    made.total_batches = plan.back().batch;
    made.has_batch_config = made.is_planned = true;
    made.policy.limits.failure_threshold = made.total_nodes - 1;
    made.rolls_back = undone.id;
    const ReleaseId id = made.id;
    insert_release(std::move(made), plan, now);
    if (witness_ != nullptr) {
        witness_->rolled_back(undone, rows_.at(undone.id), releases_.at(id), rows_.at(id));
    }
}

// The contents that rows name in config_version.
void SimDatabase::read_other_contents(Snapshot& seen) const {
    std::set<Version> named;
    for (const NodeRow& row : seen.nodes) {
        if (row.config_version) named.insert(*row.config_version);
    }
    for (const Version version : named) {
        Content content;
        const auto found = contents_.find(version);
        content.is_present = found != contents_.end();
        if (content.is_present) content.sha256 = digest_(found->second);
        seen.other_contents.emplace_back(version, content);
    }
}

}  // namespace edgeroll::sim
