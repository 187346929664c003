// The columns of a release and of its node rows that make a snapshot.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "control/store/rows/columns.hpp"
#include "release/model.hpp"

namespace edgeroll::control {

/// A row of release_tasks, with its words not checked yet.
struct SnapshotRelease {
    release::Snapshot snapshot;
    std::string version, status, requested_action, type, target;
    std::string batch_config;
    bool has_config_text = false;                 ///< batch_config is not NULL
    std::optional<std::string> odd_time;          ///< not_before, where it is not a valid time
    std::optional<std::int64_t> rows_seen;        ///< as in Finding
    std::optional<std::int64_t> since_rows_seen;  ///< as in Finding
};

/// @param is_part one batch only: when a node was last finished is queried separately
[[nodiscard]] Columns<SnapshotRelease> snapshot_release_columns(const Dialect& dialect,
                                                                bool is_part);

/// A row of release_task_nodes with its node, and its unknown words.
struct SnapshotNode {
    release::NodeRow node;
    std::optional<std::string> odd_batch, odd_status, odd_version;
    release::HeldContent applied;
    release::Observation observed;
};

/// Columns of release_task_nodes r and, where it exists, nodes n.
[[nodiscard]] Columns<SnapshotNode> snapshot_node_columns(const Dialect& dialect);

/// Milliseconds since the last finish of a node, over the rows selected by `where`.
[[nodiscard]] std::string since_last_finish(const Dialect& dialect, const std::string& where);
/// Nothing for NULL; at least 0.
[[nodiscard]] std::optional<release::Millis> span_of(const Field& field);

}  // namespace edgeroll::control
