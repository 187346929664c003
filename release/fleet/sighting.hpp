// What heartbeats read of a node's row, hear from its agent, and write (docs/contract.md 6.12).
// Pure.
#pragma once

#include <optional>
#include <string>

#include "release/fleet/observation.hpp"
#include "release/ids.hpp"
#include "release/model.hpp"
#include "release/time.hpp"

namespace edgeroll::release {

/// A node as the database has it.
struct WatchedNode {
    NodeId node;
    Address address;
    /// status = 'online'. Only such a node is marked offline.
    bool is_online = true;
    /// status = 'offline', and heartbeats wrote it. Only such a node is marked online.
    bool is_marked = false;
    /// heartbeats marked it, and somebody else has changed its status since
    bool has_old_mark = false;
    std::optional<Version> applied_version;
    std::string applied_sha256;
    Observation observed;
    Millis unseen_for{0};  ///< since `last_seen_at`; negative: it has none
};

/// The end of a question.
struct Pulse {
    bool is_answered = false;             ///< any HTTP answer counts: a two-call agent lives
    std::optional<Observation> observed;  ///< nothing: the answer said nothing about its content
};

/// What is to be written about a node.
struct Sighting {
    enum class Mark { none, offline, online, clear };

    NodeId node;
    Address address;       ///< that was asked
    bool is_seen = false;  ///< it answers, and `last_seen_at` is old
    std::optional<Observation> observed;
    Mark mark = Mark::none;
    Millis silent_for{0};  ///< Mark::offline: since the first question that it missed
    /// The row as it was when the node was asked. Where `applied_*` differ by now, a release came
    /// in between: the observation is older than that and is dropped.
    std::optional<Version> applied_version;
    std::string applied_sha256;
};

/// One agent would answer for both. Labels and names count for nothing.
[[nodiscard]] bool is_same_place(const Address& one, const Address& other);

/// Whether the row, as it is now, takes the mark: `status` belongs to operators and pipelines too.
[[nodiscard]] bool takes_mark(const WatchedNode& row, const Sighting& sighting);

/// Whether its observation may be written over the row as it is now: it is another one, and no
/// release has put a content there since the node was asked.
[[nodiscard]] bool takes_observation(const WatchedNode& row, const Sighting& sighting);

}  // namespace edgeroll::release
