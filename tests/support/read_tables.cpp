#include "tests/support/read_tables.hpp"

#include <algorithm>
#include <utility>

namespace edgeroll::test {

using namespace release;

namespace {

NodeRow read_row(const TaskRow& row, const Inventory& inventory, Instant now) {
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
    read.is_joined = row.is_joined;
    read.task_id = row.task_id;
    if (may_stand_beside(row.reason, row.status)) read.reason = row.reason;
    read.error = row.error;
    read.trouble = row.trouble;
    read.earlier_error = row.earlier_error;
    read.evidence = row.evidence.value_or(std::string(release::looks::unknown));
    if (row.status == NodeStatus::running && row.started_at) {
        read.running_for = now - *row.started_at;
    }
    const auto found = inventory.find(row.node);
    if (found == inventory.end()) {
        read.facts.exists = false;
        return read;
    }
    const InventoryRow& node = found->second;
    read.facts.is_enabled = node.is_enabled;
    read.facts.is_in_maintenance = node.is_in_maintenance;
    HeldContent held = held_content({node.applied_version, node.applied_sha256}, node.observed);
    read.facts.applied_version = held.version;
    read.facts.applied_sha256 = std::move(held.sha256);
    read.facts.is_own_agent = node.is_own_agent;
    read.address = node.address;
    return read;
}

// The header and one batch; for the other batches only what the index shows.
void keep_part(Snapshot& seen, int batch) {
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

}  // namespace

Snapshot read_tables(const ReleaseRow& row, const std::vector<TaskRow>& tasks,
                     const Inventory& inventory, Instant now, std::optional<int> part) {
    Snapshot seen;
    seen.id = row.id;
    seen.version = row.version;
    seen.order_id = row.order_id;
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
    const bool is_noted = row.rows_seen == static_cast<int>(tasks.size());
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
    if (row.aborted_at) seen.aborted_for = now - *row.aborted_at;
    seen.is_awaited = row.aborted_at && row.is_awaited;
    for (const TaskRow& task : tasks) {
        const bool counts = is_final(task.status) && task.status != NodeStatus::skipped;
        const bool is_looked_at = !part || task.batch == seen.started_batch;
        if (!counts || !task.finished_at || !is_looked_at) continue;
        const Millis since = now - *task.finished_at;
        if (!seen.since_last_finish || since < *seen.since_last_finish) {
            seen.since_last_finish = since;
        }
    }
    for (const TaskRow& task : tasks)
        seen.nodes.push_back(read_row(task, inventory, now));
    std::sort(seen.nodes.begin(), seen.nodes.end(), [](const NodeRow& a, const NodeRow& b) {
        return std::pair(a.batch, a.id) < std::pair(b.batch, b.id);
    });
    if (part) keep_part(seen, *part);
    if (!part && seen.nodes.empty() && row.has_batch_config) {
        for (const auto& [id, node] : inventory) {
            const bool is_fit = node.is_online || node.has_mark;
            if (!node.is_enabled || node.is_in_maintenance || !is_fit) continue;
            FleetNode member;
            member.id = id;
            member.labels = node.address.labels;
            member.name = node.address.name;
            member.ip = node.address.ip;
            seen.fleet.push_back(std::move(member));
        }
    }
    return seen;
}

}  // namespace edgeroll::test
