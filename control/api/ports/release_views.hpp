// Releases as the API shows them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "release/ids.hpp"
#include "release/model.hpp"
#include "release/reasons.hpp"
#include "release/states.hpp"
#include "release/time.hpp"

namespace edgeroll::control {

/// Times are RFC 3339 with milliseconds and Z; empty: NULL.
struct ReleaseSummary {
    release::ReleaseId id;
    std::string type, target;
    release::Version version;
    release::ReleaseStatus status = release::ReleaseStatus::pending;
    release::BatchStatus batch_status = release::BatchStatus::none;
    int current_batch = 0, total_batches = 0, total_nodes = 0;
    /// Number of the last started batch; nothing: not started, or run by an older process.
    std::optional<int> started_batch;
    release::StatusCounts counts;             ///< counted from the rows
    int success_nodes = 0, failed_nodes = 0;  ///< the columns
    std::string last_error, reason, created_by, requested_action, claimed_by;
    std::string created_at, updated_at, started_at, finished_at, not_before;
    std::string aborted_at;                  ///< since then it is undone while it runs; or empty
    bool is_planned = false;                 ///< edgeroll planned its batches
    std::string baked_at;                    ///< looked at to the end (docs/contract.md 6.2)
    bool is_due = true;                      ///< not_before is NULL or past
    bool has_lease = false;                  ///< the claim is valid now
    std::string lease_until;                 ///< of claimed_by; empty: NULL
    std::vector<release::Version> blockers;  ///< as in release::Snapshot; unfinished releases only

    release::Hold hold = release::Hold::none;
    std::string hold_until;
    /// Since started_at: time that does not count as work, and the working time at the batch's
    /// start.
    release::Millis paused{0}, batch_work_start{0};
    int waived_failures = 0;
    std::optional<release::ReleaseId> rolls_back, from_release;
    std::optional<release::ReleaseId> rolled_back_by;  ///< the release that undoes this one
    std::string callback_url;                          ///< as stored: including its secrets
    std::string batch_config;                          ///< JSON text as stored; may be any text
    std::string content_sha256;                        ///< as in release::Snapshot
    /// Nodes reload their content. Before the start: as it would be now.
    bool is_reload_only = false;
    /// Half inserted: when the release is given up, unless another row arrives; empty otherwise.
    std::string rows_until;
};

/// A pool of max_parallel_per without a free place while nodes of the batch wait for it.
struct FullPool {
    std::string label, value;  ///< value: empty for nodes without the label
    int size = 0;
    int running = 0;
};

struct ReleaseNodeView {
    release::NodeId id;
    std::string name;  ///< empty when the node was deleted
    int batch = 1;
    release::NodeStatus status = release::NodeStatus::pending;
    int attempt = 0;
    release::FailureKind failure = release::FailureKind::none;
    release::ReasonKind reason = release::ReasonKind::none;
    std::string error, started_at, finished_at;
    std::string trouble;        ///< for a running node: the trouble named by `reason`
    std::string trouble_until;  ///< when the node is given up because of it; empty: never
    int tried = 0;              ///< attempts since the last retry, including the present attempt
    int progress = 0;
    std::optional<release::Version> config_version;  ///< as in release::NodeRow
    std::string task_id;                             ///< empty before the first intent
    /// What has looked at the content there (release/node_evidence.hpp); nothing: not recorded.
    std::optional<std::string> evidence{};
    std::string steps;  ///< JSON text as stored, may be any text; only from release_steps()
};

/// What a rollback of a finished release would do now.
struct RollbackOutlook {
    std::size_t nodes = 0, left_alone = 0;
    std::string obstacle;  ///< why it would be refused unless forced; empty: it would be accepted
};

struct ReleaseView {
    ReleaseSummary summary;
    std::vector<ReleaseNodeView> nodes;  ///< ascending by (batch, id)
    std::vector<FullPool> full_pools;    ///< for a running release
    /// Of an unfinished rollback: pending nodes on which the release that it undoes still runs.
    int held_nodes = 0;
    /// Only where the release's own state allows a rollback; only from release().
    std::optional<RollbackOutlook> rollback;
    std::optional<release::NodeId> shown_node;  ///< set by release_steps() for a single node
};

/// Which nodes' steps are wanted.
struct StepsWanted {
    std::string named;                    ///< by name or id; empty: all
    std::optional<release::NodeId> node;  ///< id of that node; found by the store
};

/// Limit of the stored steps in one answer: enough for some thousand nodes with little output, and
/// always for a single node. The text is parsed on the thread that also runs releases.
inline constexpr std::size_t release_steps_bytes_max = 4U << 20;

struct ReleaseFilter {
    std::optional<release::ReleaseStatus> status;
    std::string type, created_by, q;  ///< empty: any; q matches reason, last_error, version
    std::string sort = "-id";         ///< id, version, created_at, updated_at, status; `-` descends
    int page = 1, page_size = 20;
};

struct ReleasePage {
    std::vector<ReleaseSummary> items;
    std::int64_t total = 0;
};

}  // namespace edgeroll::control
