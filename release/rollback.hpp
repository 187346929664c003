// The plan of a release that undoes another release (docs/contract.md section 6).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "release/commit.hpp"
#include "release/ids.hpp"
#include "release/result.hpp"
#include "release/states.hpp"
#include "release/time.hpp"

namespace edgeroll::release {

/// A row of the finished release, with the present data of the inventory and the contents.
struct FormerRow {
    NodeId node;
    std::string name;  ///< empty if the node is gone
    NodeStatus status = NodeStatus::success;
    int attempt = 0;
    /// The node's content when this release succeeded there; nothing: unknown to edgeroll.
    std::optional<Version> previous_config_version;
    bool exists = true;
    std::optional<Version> own_config_version;      ///< as NodeRow::config_version
    std::optional<Version> applied_config_version;  ///< the version of the node's content now
    std::optional<Version> applied_version;         ///< of the release that delivered it
    /// The failed retry left the node out: on_failure does not act on it.
    bool is_left_out = false;
    /// The first unfinished later release that includes the node and goes before the rollback.
    std::optional<Version> awaited_version;
    std::string region;                ///< the value of its label `region`, "" without
    std::optional<Millis> unseen_for;  ///< since it was last heard of; nothing: never
};

/// What is asked of a rollback.
struct RollbackTerms {
    bool is_forced = false;  ///< banned contents and later releases do not matter
    bool is_abort = false;   ///< the release still runs; otherwise it must have ended
};

/// A release that rows name by its version, for the conflicts of a rollback.
struct LaterRelease {
    ReleaseId id;
    Version version;
    std::optional<Version> undoes =
        std::nullopt;  ///< the version of the release that it rolls back
    std::optional<ReleaseId> rolled_back_by = std::nullopt;  ///< ... that rolls it back
    bool is_finished = true;
};

/// The state of a content that a row would get back.
struct FormerContent {
    Version version;
    bool is_present = true;
    bool is_banned = false;
    std::string sha256{};  ///< its digest, if known
};

struct LeftAlone {
    NodeId node;
    std::string name;
    std::string reason;
    friend bool operator==(const LeftAlone&, const LeftAlone&) = default;
};

inline constexpr std::size_t first_look_nodes = 3;

struct RollbackPlan {
    /// Ascending by batch: the first look (up to first_look_nodes that do not run, of different
    /// regions where there are such, successes and those last heard of first), then the other
    /// successes, the other nodes that were touched, and those on which the release still runs;
    /// after the first look in the order of `rows` (docs/adr/0028). Every node has config_version.
    std::vector<PlannedNode> nodes;
    std::vector<LeftAlone> left_alone;
};

/// The version of a touched row's earlier content; nothing if edgeroll does not know it.
/// @param version of the finished release
[[nodiscard]] std::optional<Version> former_content(const FormerRow& row, Version version);

/// The version of the later release on the node that would have to be undone first. Nothing: the
/// node still has what this release left there; later releases that were undone do not count.
/// @param later all known releases that the rows name
[[nodiscard]] std::optional<Version> standing_above(const FormerRow& row, Version version,
                                                    const std::vector<LaterRelease>& later);

/// Includes only nodes that the release touched. Errors (3003): a later release touched nodes and
/// it is not forced, a node still runs and it is no abort, or no node can be put back; the message
/// names the nodes, the conflicting releases and what to do about each.
/// @param rows ascending by (batch, id) @param contents of every former_content
/// @param later as in standing_above
[[nodiscard]] Result<RollbackPlan> plan_rollback(const std::vector<FormerRow>& rows,
                                                 Version version,
                                                 const std::vector<FormerContent>& contents,
                                                 const std::vector<LaterRelease>& later,
                                                 const RollbackTerms& terms);

}  // namespace edgeroll::release
