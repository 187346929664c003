// What a step wants written: one transaction, guarded by the claim's epoch (docs/architecture.md).
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "release/ids.hpp"
#include "release/model.hpp"
#include "release/states.hpp"

namespace edgeroll::release {

/// Columns of release_tasks to set; absent ones stay. success_nodes and failed_nodes are always
/// counted from the rows inside the transaction (I4), whatever else changes.
struct ReleaseChange {
    std::optional<ReleaseStatus> status;
    std::optional<BatchStatus> batch_status;
    std::optional<int> current_batch, total_batches, total_nodes;
    std::optional<std::string> content_sha256, last_error;
    bool is_started = false;     ///< started_at = now, if NULL
    bool is_finished = false;    ///< finished_at = now
    bool clears_action = false;  ///< requested_action = NULL
};

/// One row of release_task_nodes, from a known state to another. If the row is not in `from` any
/// more (changed by hand), nothing of the commit is done: the outcome is `stale`.
struct NodeChange {
    NodeId node;
    NodeStatus from = NodeStatus::pending;
    NodeStatus to = NodeStatus::pending;
    int attempt = 0;
    std::string task_id;
    FailureKind failure = FailureKind::none;
    std::string error;
    std::string steps;  ///< JSON text for the column `steps`; empty: leave
    int progress = 0;
    bool has_new_content = false;  ///< nodes.applied_* become the release's version and digest
};

/// Every row that is still pending becomes skipped with this reason, also rows nobody has read yet.
struct SkipPending {
    std::string reason;
};

/// A node row that a plan adds.
struct PlannedNode {
    NodeId node;
    int batch = 1;
};

/// A row of release_events. The store writes the status changes of `nodes` and `skip_pending` by
/// itself (kinds node_running, node_success, ...); this is for what only the core knows.
struct HistoryRow {
    std::optional<NodeId> node;
    std::string kind;
    std::vector<std::pair<std::string, std::string>> detail;
};

struct Commit {
    /// The parent row must still say this, or the outcome is `stale`: an operator's pause or stop
    /// that was written a moment ago is never overtaken by a dispatch.
    ReleaseStatus expected_status = ReleaseStatus::pending;
    Action expected_action = Action::none;
    ReleaseChange release;
    std::vector<NodeChange> nodes;  ///< at most 500, distinct nodes
    std::optional<SkipPending> skip_pending;
    std::vector<PlannedNode> planned;
    std::vector<HistoryRow> history;

    [[nodiscard]] bool is_empty() const {
        const bool is_same = !release.status && !release.batch_status && !release.current_batch &&
                             !release.total_batches && !release.total_nodes &&
                             !release.content_sha256 && !release.last_error &&
                             !release.is_started && !release.is_finished && !release.clears_action;
        return is_same && nodes.empty() && !skip_pending && planned.empty() && history.empty();
    }
};

}  // namespace edgeroll::release
