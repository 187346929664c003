// The writes that a step asks for: one transaction, guarded by the claim's epoch
// (docs/architecture.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "release/evidence.hpp"
#include "release/ids.hpp"
#include "release/model.hpp"
#include "release/reasons.hpp"
#include "release/states.hpp"

namespace edgeroll::release {

/// The rows that a release starts with. Rows added later are late, whatever their id and batch.
struct RowsOfStart {
    std::int64_t newest_row_id = 0;  ///< the highest id that was read
    int rows = 0;  ///< number of rows read; if there are others now, the outcome is `stale`
    friend bool operator==(const RowsOfStart&, const RowsOfStart&) = default;
};

/// Columns of release_tasks to set; absent columns stay unchanged. success_nodes and failed_nodes
/// are always counted from the rows inside the transaction (I4).
struct ReleaseChange {
    std::optional<ReleaseStatus> status;
    std::optional<BatchStatus> batch_status;
    std::optional<int> current_batch, total_batches, total_nodes;
    std::optional<int> started_batch;  ///< its number; the claim's epoch is stored with it
    std::optional<RowsOfStart> rows_of_start;
    std::optional<std::string> content_sha256, last_error;
    bool is_started = false;     ///< started_at = now, if NULL
    bool is_finished = false;    ///< finished_at = now
    bool is_baked = false;       ///< baked_at = now: the final look was passed (I18)
    bool is_aborted = false;     ///< aborted_at = now, if NULL
    bool clears_action = false;  ///< requested_action = NULL
    std::optional<Hold> hold;
    /// With `hold`: time from now to its next decision (hold_until); nothing: NULL.
    std::optional<Millis> hold_for;
    bool marks_pause = false;  ///< pause time is counted from now on, unless it already is
    bool ends_pause = false;   ///< the pause up to now is not working time
    std::optional<Millis> batch_work_start;
    std::optional<Millis> forgotten_work;  ///< this much working time no longer counts
    std::optional<int> waived_failures;

    friend bool operator==(const ReleaseChange&, const ReleaseChange&) = default;
};

/// A change of one row of release_task_nodes from a known status to another. A change from running
/// to running is a further attempt and restarts the row's time. The whole commit is dropped with
/// the outcome `stale` if the row is no longer in `from` (changed by an operator), or if it is not
/// the row that was read (deleted by an operator, even if its node has a new row since).
struct NodeChange {
    std::int64_t row_id = 0;  ///< as NodeRow::row_id: only rows that were read are written
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
    std::string steps;            ///< JSON text for the column `steps`; empty: unchanged
    int progress = 0;
    bool has_new_content = false;    ///< nodes.applied_* become the release's version and digest
    std::optional<Version> content;  ///< with it: the content's version, if not the release's own
    std::string capabilities{};      ///< with it: nodes.capabilities
    /// Of a success: what has looked at the content (release/node_evidence.hpp).
    std::optional<std::string> evidence{};
    bool is_unheard = false;  ///< it ends without any word of its agent
};

/// The progress of a running task, or the trouble in reaching its agent. The status does not
/// change, so no history is written. If the row no longer runs this task, only this change is
/// dropped; the rest of the commit is done.
struct ProgressChange {
    NodeId node;
    std::string task_id;
    int progress = 0;  ///< percent, 0..100
    /// For error_msg, with its parts stored in their own columns; nothing: all of them stay
    /// unchanged.
    std::optional<std::string> error;
    Trouble trouble{};
    std::optional<Millis> until{};  ///< when it is given up over that, from now; nothing: never
};

/// Every pending row becomes skipped with this reason, including rows that were never read.
struct SkipPending {
    std::string reason;        ///< the sentence
    bool is_deferral = false;  ///< the rows become deferred instead: nodes that were catching up
    ReasonKind kind = ReasonKind::none;
};

/// A node row that a plan adds.
struct PlannedNode {
    NodeId node;
    int batch = 1;
    std::optional<Version> config_version = std::nullopt;  ///< as NodeRow::config_version
    friend bool operator==(const PlannedNode&, const PlannedNode&) = default;
};

/// A row of release_events. The store itself writes the status changes of `nodes` and
/// `skip_pending` (kinds node_running, node_success, ...); this row records what only the core
/// knows.
struct HistoryRow {
    std::optional<NodeId> node;
    std::string kind;
    std::vector<std::pair<std::string, std::string>> detail;
    std::size_t after_nodes = 0;  ///< its place: after this many of the commit's `nodes`
};

struct Commit {
    /// The parent row must still have this status, or the outcome is `stale`: a dispatch never
    /// overtakes an operator's pause or stop that was written a moment ago. step() ensures that
    /// this is the status that was read, and that every difference from it in the new state is in
    /// `release`.
    ReleaseStatus expected_status = ReleaseStatus::pending;
    Action expected_action = Action::none;
    std::int64_t expected_steer_seq = 0;  ///< the same for changes by the API (limits, retries)
    std::optional<int> expected_rows{};   ///< the same for the number of node rows
    ReleaseChange release;
    std::vector<NodeChange> nodes;  ///< at most 500, distinct nodes
    std::vector<ProgressChange>
        progress;  ///< at most 500, written after `nodes`; other nodes than those
    /// As HistoryRow::after_nodes, for the rows that the store writes about the release: its status
    /// change and `batch_started`. The history lists causes before their effects. 0 without such a
    /// row. step() ensures it (release/step/commit_contract.hpp).
    std::size_t status_after = 0, batch_after = 0;
    std::optional<SkipPending> skip_pending;
    std::vector<PlannedNode> planned;
    std::vector<HistoryRow> history;
    std::vector<Evidence> evidence;  ///< what the decisions of this commit rest on

    /// In the same transaction, creates a release that undoes this one (on_failure: rollback). If
    /// that is impossible, the history says why, and the rest of the commit is done.
    bool creates_rollback = false;

    /// The commit contains no decision: at most the progress of tasks.
    [[nodiscard]] bool decides_nothing() const {
        return release == ReleaseChange{} && nodes.empty() && !skip_pending && planned.empty() &&
               history.empty() && evidence.empty() && !creates_rollback;
    }
    [[nodiscard]] bool is_empty() const { return decides_nothing() && progress.empty(); }
};

}  // namespace edgeroll::release
