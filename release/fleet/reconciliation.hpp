// Which nodes are given the content that they are owed, and when (docs/contract.md 6.9). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "release/fleet/drift.hpp"
#include "release/ids.hpp"
#include "release/states.hpp"
#include "release/time.hpp"

namespace edgeroll::release {

/// RECONCILE.
enum class ReconcileMode {
    off,
    absent,  ///< "new": nodes that never got the content, or have nothing at all
    all,     ///< also nodes on which somebody changed something
};
[[nodiscard]] std::string_view to_text(ReconcileMode mode);
template <>
std::optional<ReconcileMode> from_text<ReconcileMode>(std::string_view text);

/// Why a node is owed the content of a release.
enum class OwedCause {
    deferred,         ///< it was away when its turn came
    joined,           ///< "new": it was added, or in service again, after its release
    empty,            ///< it has nothing: it was wiped or built anew
    changed_on_disk,  ///< DriftKind::changed_on_disk
    behind,           ///< it got the content, and has another one now
    stale_labels,     ///< DriftKind::stale_labels
};
/// The word of the database and the API.
[[nodiscard]] std::string_view to_text(OwedCause cause);
template <>
std::optional<OwedCause> from_text<OwedCause>(std::string_view text);

/// A node's row in the release whose content it should have.
struct OwedRow {
    NodeStatus status = NodeStatus::success;
    bool was_out_of_service = false;  ///< skipped: disabled, or in maintenance
    /// Failed for this cause, and an operator wants it tried again.
    std::optional<OwedCause> tried_again{};
};

/// Nothing: the node is not owed the content. A row that failed is left to operators, since the
/// same content fails there again; so is one that they skipped.
/// @param row nothing: it has none
[[nodiscard]] std::optional<OwedCause> cause_of(DriftKind drift, const std::optional<OwedRow>& row);

/// Whether an agent that holds this would take the content: never below the version that it has,
/// nor another content under the same version.
[[nodiscard]] bool is_within_reach(Version wanted, DriftKind drift, const HeldContent& held);

/// Whether nodes with this cause are served.
[[nodiscard]] bool serves(ReconcileMode mode, OwedCause cause);

struct ReconcileRules {
    ReconcileMode mode = ReconcileMode::absent;
    int max = 8;          ///< RECONCILE_MAX: nodes at once, > 0
    int per_minute = 60;  ///< RECONCILE_PER_MINUTE: within any minute, > 0
};

/// This many failures in a row stop everything until an operator continues it.
inline constexpr int reconcile_failures_max = 3;

/// What was done of late, in the whole installation.
struct ReconcilePace {
    int open = 0;          ///< nodes taken up that have not ended
    int taken = 0;         ///< nodes taken up within the last minute
    Millis until_less{0};  ///< until the oldest of those is a minute old
    int failures = 0;      ///< the newest nodes that ended, and failed, in a row
};

struct OwedNode {
    NodeId node;
    std::string name;
    OwedCause cause = OwedCause::joined;
    int batch = 0;            ///< of its row; 0: it has none, or had none before
    bool can_repair = false;  ///< its agent says so
    bool is_held = false;     ///< an unfinished release has the node
    int ended = 0;            ///< its reconciliations that succeeded or failed within a day
    Millis since_ended{0};    ///< since the last of those
    bool is_open = false;     ///< it is being served
    int put_off = 0;          ///< its reconciliations within a day that did neither
    Millis since_put_off{0};  ///< since the last of those
};

/// A successful release, and the nodes that are owed its content.
struct OwedRelease {
    ReleaseId id;
    Version version;
    bool is_under_way = false;             ///< its nodes are being served
    bool is_banned = false;                ///< also if it was forced; or the release was undone
    bool has_content = true;               ///< as it was at the start
    std::optional<ReleaseId> waits_for{};  ///< an unfinished release that goes first
    Millis until_window{0};                ///< until a window of its is open
    /// Of its nodes that were served within the last hour, the last one succeeded.
    bool is_proven = false;
    std::vector<OwedNode> nodes;  ///< ascending by (batch, node)
};

/// Nodes of one release that are taken up together.
struct ReconcileRound {
    ReleaseId release;
    std::vector<OwedNode> nodes;  ///< of one batch; not empty
};

enum class ReconcileWait {
    stopped,    ///< too many failures: an operator must continue
    release,    ///< another release goes first
    under_way,  ///< nodes of the same release are being served
    window,     ///< none of the release's windows is open
    banned,     ///< the content is banned, or the release was rolled back
    content,    ///< the content is gone, or is another one now
    held,       ///< an unfinished release has the node
    agent,      ///< the node's agent cannot repair: it is too old
    pause,      ///< the node was served a moment ago, and lacks the content again
    pace,       ///< RECONCILE_MAX, RECONCILE_PER_MINUTE, or one node goes first
};
[[nodiscard]] std::string_view to_text(ReconcileWait wait);

/// Nodes of a release that have to wait, all for the same reason.
struct ReconcileDelay {
    ReleaseId release;
    ReconcileWait why = ReconcileWait::pace;
    std::optional<ReleaseId> other{};  ///< with `release`
    std::optional<Millis> until{};     ///< from now, where it is known
    std::vector<OwedNode> nodes;       ///< not empty
};

struct ReconcilePlan {
    std::vector<ReconcileRound> rounds;
    std::vector<ReconcileDelay> delays;
};

/// How many nodes of the release may be taken up now, as far as the pace goes.
[[nodiscard]] int reconcile_room(const ReconcileRules& rules, const ReconcilePace& pace,
                                 bool is_proven);

/// How long the node waits now. After a success or a failure ten minutes, doubled with each within
/// a day; after one that was put off (it was away, or the release was stopped) one minute, doubled
/// up to ten. A node that does not keep its content must not keep others waiting.
[[nodiscard]] Millis reconcile_pause(const OwedNode& node);

/// What to do now, and what waits for what: every node that the mode serves is in exactly one of
/// both. Newer releases first; of a release one batch, and one node until one has succeeded.
[[nodiscard]] ReconcilePlan plan_reconciliation(const ReconcileRules& rules, ReconcilePace pace,
                                                const std::vector<OwedRelease>& releases);

}  // namespace edgeroll::release
