// The tables of docs/contract.md section 3 in memory, as far as the executor uses them, for the
// simulator and for tests that call step() directly.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "release/commit.hpp"
#include "release/fleet/observation.hpp"
#include "release/model.hpp"

namespace edgeroll::test {

struct ReleaseRow {
    release::ReleaseId id;
    release::Version version;
    release::ReleaseStatus status = release::ReleaseStatus::pending;
    release::BatchStatus batch_status = release::BatchStatus::none;
    release::Action requested = release::Action::none;
    int current_batch = 0, total_batches = 0, total_nodes = 0;
    std::optional<int> started_batch;
    std::optional<release::Epoch> started_batch_epoch;
    int success_nodes = 0, failed_nodes = 0;
    bool has_batch_config = false, is_planned = false;
    bool is_proven = false;  ///< no column: release_evidence has a proof
    bool is_baked = false;   ///< baked_at is set
    release::Policy policy;
    std::string content_sha256, last_error, claimed_by, order_id;
    release::Epoch claim_epoch;
    std::optional<release::Millis> lease_for;  ///< lease_sec
    std::optional<release::Instant> lease_until, not_before, started_at, finished_at;
    release::Hold hold = release::Hold::none;
    std::optional<release::Instant> hold_until, paused_at;
    release::Millis paused_for{0}, batch_work_start{0};
    int waived_failures = 0;
    std::optional<release::ReleaseId> rolls_back;
    std::optional<release::Instant> aborted_at;
    bool is_awaited = false;  ///< no column: an unfinished rollback waits for its nodes
    std::int64_t steer_seq = 0;
    int rows_seen = -1;  ///< of a half-inserted release
    release::Instant rows_grew_at{};
    bool catches_up = false;
    bool is_ended_by_hand = false;  ///< no column: an operator wrote the final status
};

[[nodiscard]] inline std::string name_of(const ReleaseRow& release) {
    return "release " + std::to_string(release.id.value);
}

struct TaskRow {
    std::int64_t row_id = 0;
    release::NodeId node;
    int batch = 1;
    release::NodeStatus status = release::NodeStatus::pending;
    release::FailureKind failure = release::FailureKind::none;
    int attempt = 0, attempts_before = 0, ids_passed_over = 0;
    std::optional<release::Epoch> start_epoch;
    bool is_waived = false;
    bool is_joined = false;  ///< joined_at is set
    std::optional<release::Version> config_version;
    std::optional<release::Version> previous_config_version;
    release::ReasonKind reason = release::ReasonKind::none;
    std::string task_id, error, trouble, earlier_error, steps;
    std::optional<std::string> evidence;
    int progress = 0;
    std::optional<release::Instant> started_at, finished_at, trouble_until;
    // Not columns; the invariants need these to be fair:
    bool is_late = false;              ///< inserted after the first claim
    bool came_after_start = false;     ///< not part of the started plan
    bool is_left_out = false;          ///< skipped, and left out by a retry
    bool is_failure_left_out = false;  ///< failed and not waived, and left out by a retry
    std::optional<release::Instant> hand_changed_at;  ///< an operator wrote the status
    release::NodeStatus status_before_hand = release::NodeStatus::pending;
};

/// Later releases on its nodes do not wait for it.
[[nodiscard]] inline bool is_over(const ReleaseRow& row, const std::vector<TaskRow>& rows) {
    const auto is_running = [](const TaskRow& task) {
        return task.status == release::NodeStatus::running;
    };
    return row.finished_at.has_value() ||
           (release::is_final(row.status) && std::none_of(rows.begin(), rows.end(), is_running));
}

struct InventoryRow {
    release::NodeId id;
    release::Address address;
    bool is_enabled = true, is_in_maintenance = false, is_online = true;
    std::optional<release::Version> applied_version;
    std::optional<release::Version> applied_config_version;  ///< the version of its content
    std::string applied_sha256;
    bool is_own_agent = false;     ///< capabilities are known
    bool was_unavailable = false;  ///< ever disabled, in maintenance or deleted
    bool has_mark = false;         ///< offline_since is set
    bool is_offline_by_hand = false;
    release::Observation observed;
    std::optional<release::Instant> last_seen;  ///< by a heartbeat
};

using Inventory = std::map<release::NodeId, InventoryRow>;

}  // namespace edgeroll::test
