// Figures about releases from the database.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "release/fleet/reconciliation.hpp"
#include "release/ids.hpp"
#include "release/states.hpp"
#include "release/time.hpp"

namespace edgeroll::control {

/// Releases that have not started.
struct QueueFigures {
    std::int64_t pending = 0;  ///< all of them
    std::int64_t blocked = 0;  ///< those blocked by another release
    std::int64_t due = 0;      ///< those whose time has come and that are not blocked
};

/// The times of one release by the database's clock; up to now while it is not finished.
struct ReleaseTimes {
    release::ReleaseId id;
    release::Version version;
    release::ReleaseStatus status = release::ReleaseStatus::running;
    release::Millis queued{0};  ///< from creation (or a later not_before) to the start
    release::Millis worked{0};  ///< from the start, without pauses
    release::Millis waited{0};  ///< paused between batches
    /// From the start until that share of all its nodes had succeeded; nothing: not reached.
    std::optional<release::Millis> to_50, to_90, to_100;
};

/// From the creation of a rollback until that share of all its nodes had succeeded; nothing: not
/// reached.
struct RollbackTimes {
    std::optional<release::Millis> to_50, to_90, to_99;
};

struct Stats {
    QueueFigures queue;
    std::int64_t running_releases = 0, running_nodes = 0;
    /// Node rows finished in the last 24 hours, by status, and the failed rows by kind.
    std::map<std::string, std::int64_t> finished_nodes, failed_by_kind;
    std::vector<ReleaseTimes> releases;  ///< the 20 releases started last, newest first
};

struct Gauges {
    std::map<std::string, std::int64_t> releases_by_status;
    /// Rows of releases without an end: otherwise every read would count all rows ever written.
    std::map<std::string, std::int64_t> nodes_by_status;
    std::map<std::string, std::int64_t> drifting_by_kind;     ///< nodes; kinds without a node too
    std::map<std::string, std::int64_t> inventory_by_status;  ///< enabled nodes
    std::int64_t bans = 0;                                    ///< rows of banned_contents
    release::ReconcilePace reconcile;
    QueueFigures queue;
    std::optional<ReleaseTimes> last_ended;  ///< the release that ended last
    /// Of the rollbacks that have ended, the one of the newest release.
    std::optional<RollbackTimes> last_rollback;
};

}  // namespace edgeroll::control
