// What a step wants written: one transaction, guarded by the claim's epoch (docs/architecture.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "release/ids.hpp"
#include "release/model.hpp"
#include "release/reasons.hpp"
#include "release/states.hpp"

namespace edgeroll::release {

/// The rows that a release is started with: what comes later is late, whatever its id and batch.
struct RowsOfStart {
    std::int64_t newest_row_id = 0;  ///< of those that were read
    int rows = 0;  ///< so many were read; where there are others now the outcome is `stale`
    friend bool operator==(const RowsOfStart&, const RowsOfStart&) = default;
};

/// Columns of release_tasks to set; absent ones stay. success_nodes and failed_nodes are always
/// counted from the rows inside the transaction (I4), whatever else changes.
struct ReleaseChange {
    std::optional<ReleaseStatus> status;
    std::optional<BatchStatus> batch_status;
    std::optional<int> current_batch, total_batches, total_nodes;
    std::optional<int> started_batch;  ///< its number; the claim's epoch is written beside it
    std::optional<RowsOfStart> rows_of_start;
    std::optional<std::string> content_sha256, last_error;
    bool is_started = false;     ///< started_at = now, if NULL
    bool is_finished = false;    ///< finished_at = now
    bool clears_action = false;  ///< requested_action = NULL
    std::optional<Hold> hold;
    /// With `hold`: its next decision comes this long from now (hold_until); nothing: NULL.
    std::optional<Millis> hold_for;
    bool marks_pause = false;  ///< the pause is counted from now on, unless it was already
    bool ends_pause = false;   ///< the pause up to now counts as no working time
    std::optional<Millis> batch_work_start;
    std::optional<Millis> forgotten_work;  ///< so much working time counts no more
    std::optional<int> waived_failures;

    friend bool operator==(const ReleaseChange&, const ReleaseChange&) = default;
};

/// One row of release_task_nodes, from a known state to another. From running to running is a
/// further attempt: the row's time begins anew. If the row is not in `from` any
/// more (changed by hand), or is not the one that was read (deleted by hand, also where its node
/// has another one since), nothing of the commit is done: the outcome is `stale`.
struct NodeChange {
    std::int64_t row_id = 0;  ///< as NodeRow::row_id: no row is written that was not read
    NodeId node;
    NodeStatus from = NodeStatus::pending;
    NodeStatus to = NodeStatus::pending;
    int attempt = 0;
    int ids_passed_over = 0;
    std::string task_id;
    FailureKind failure = FailureKind::none;
    ReasonKind reason = ReasonKind::none;
    std::string error;
    std::string earlier_error{};  ///< as NodeRow::earlier_error
    std::string steps;            ///< JSON text for the column `steps`; empty: leave
    int progress = 0;
    bool has_new_content = false;    ///< nodes.applied_* become the release's version and digest
    std::optional<Version> content;  ///< with it: whose content, where it is not the release's own
    std::string capabilities{};      ///< with it: nodes.capabilities
};

/// How far a running task is, or what keeps it from being heard of. No change of status: no
/// history, and where the row does not run this task any more nothing is written and the rest of
/// the commit is done all the same.
struct ProgressChange {
    NodeId node;
    std::string task_id;
    int progress = 0;  ///< percent, 0..100
    /// For error_msg, with what it is made of beside it; nothing: all of that stays.
    std::optional<std::string> error;
    Trouble trouble{};
    std::optional<Millis> until{};  ///< it is given up over that so long from now; nothing: never
};

/// Every row that is still pending becomes skipped with this reason, also rows nobody has read yet.
struct SkipPending {
    std::string reason;        ///< the sentence
    bool is_deferral = false;  ///< they become deferred instead: nodes that were catching up
    ReasonKind kind = ReasonKind::none;
};

/// A node row that a plan adds.
struct PlannedNode {
    NodeId node;
    int batch = 1;
    std::optional<Version> config_version = std::nullopt;  ///< as NodeRow::config_version
    friend bool operator==(const PlannedNode&, const PlannedNode&) = default;
};

/// A row of release_events. The store writes the status changes of `nodes` and `skip_pending` by
/// itself (kinds node_running, node_success, ...); this is for what only the core knows.
struct HistoryRow {
    std::optional<NodeId> node;
    std::string kind;
    std::vector<std::pair<std::string, std::string>> detail;
    std::size_t after_nodes = 0;  ///< it came about when so many of the commit's `nodes` had
};

struct Commit {
    /// The parent row must still say this, or the outcome is `stale`: an operator's pause or stop
    /// that was written a moment ago is never overtaken by a dispatch. step() sees to it that this
    /// is what was read, and that whatever the state says otherwise now is in `release`.
    ReleaseStatus expected_status = ReleaseStatus::pending;
    Action expected_action = Action::none;
    std::int64_t expected_steer_seq = 0;  ///< the same for what the API changes (limits, retries)
    std::optional<int> expected_rows{};   ///< the same for the number of its node rows
    ReleaseChange release;
    std::vector<NodeChange> nodes;  ///< at most 500, distinct nodes
    std::vector<ProgressChange>
        progress;  ///< at most 500, written after `nodes`; others than those
    /// As HistoryRow::after_nodes, of the rows that the store writes about the release: the change
    /// of its status and `batch_started`. The history tells causes before their effects. 0 without
    /// such a row. step() sees to it (release/step/commit_contract.hpp).
    std::size_t status_after = 0, batch_after = 0;
    std::optional<SkipPending> skip_pending;
    std::vector<PlannedNode> planned;
    std::vector<HistoryRow> history;

    /// In the same transaction: a new release that undoes this one (on_failure: rollback). Where it
    /// cannot be made the history says why, and the rest of the commit is done all the same.
    bool creates_rollback = false;

    /// Nothing is decided in it: at most how far tasks are.
    [[nodiscard]] bool decides_nothing() const {
        return release == ReleaseChange{} && nodes.empty() && !skip_pending && planned.empty() &&
               history.empty() && !creates_rollback;
    }
    [[nodiscard]] bool is_empty() const { return decides_nothing() && progress.empty(); }
};

}  // namespace edgeroll::release
