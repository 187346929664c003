// The plan of a release that undoes another one (docs/contract.md section 6).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "release/commit.hpp"
#include "release/ids.hpp"
#include "release/result.hpp"
#include "release/states.hpp"

namespace edgeroll::release {

/// A row of the finished release, with what the inventory and the contents say now.
struct FormerRow {
    NodeId node;
    std::string name;  ///< empty when the node is gone
    NodeStatus status = NodeStatus::success;
    int attempt = 0;
    /// What the node had when this release succeeded there; nothing: edgeroll never saw it.
    std::optional<Version> previous_config_version;
    bool exists = true;
    std::optional<Version> own_config_version;      ///< as NodeRow::config_version
    std::optional<Version> applied_config_version;  ///< whose content the node has now
    std::optional<Version> applied_version;         ///< of the release that gave it
    /// The retry whose failure is undone left it alone: on_failure does not act on it.
    bool is_left_out = false;
    /// The first later release, not yet finished, that is meant for it.
    std::optional<Version> awaited_version;
};

/// A release that rows name by its version, for what stands in the way of a rollback.
struct LaterRelease {
    ReleaseId id;
    Version version;
    std::optional<Version> undoes =
        std::nullopt;  ///< the version of the release that it rolls back
    std::optional<ReleaseId> rolled_back_by = std::nullopt;  ///< ... and that rolls it back
    bool is_finished = true;
};

/// The state of a content that a row would get back.
struct FormerContent {
    Version version;
    bool is_present = true;
    bool is_banned = false;
    std::string sha256{};  ///< its digest, where it is known
};

struct LeftAlone {
    NodeId node;
    std::string name;
    std::string reason;
    friend bool operator==(const LeftAlone&, const LeftAlone&) = default;
};

struct RollbackPlan {
    /// Ascending by batch: the first node that succeeded, then the others that did, then those that
    /// were touched and did not succeed; in each batch as in `rows`. Every one has config_version.
    std::vector<PlannedNode> nodes;
    std::vector<LeftAlone> left_alone;
};

/// Whose content a touched row had before; nothing if edgeroll never saw it.
/// @param version of the finished release
[[nodiscard]] std::optional<Version> former_content(const FormerRow& row, Version version);

/// The version of the release that stands above this one on the node: it would have to be undone
/// first. Nothing: what the node has is what this release left there, later releases that were
/// undone since do not count. @param later every release that the rows name and is known
[[nodiscard]] std::optional<Version> standing_above(const FormerRow& row, Version version,
                                                    const std::vector<LaterRelease>& later);

/// Only nodes that the release touched are in it. Errors (3003): a later release touched nodes and
/// `is_forced` is not set, a node still runs, or no node is left to put back; the message names
/// nodes, the releases in the way and what to do about each.
/// @param rows ascending by (batch, id) @param contents of every former_content
/// @param later as in standing_above
[[nodiscard]] Result<RollbackPlan> plan_rollback(const std::vector<FormerRow>& rows,
                                                 Version version,
                                                 const std::vector<FormerContent>& contents,
                                                 const std::vector<LaterRelease>& later,
                                                 bool is_forced);

}  // namespace edgeroll::release
