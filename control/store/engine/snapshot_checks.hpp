// Checks of contents and of edgeroll's own columns while reading a snapshot.
#pragma once

#include <string>
#include <vector>

#include "control/store/db/connection.hpp"
#include "control/store/engine/content_book.hpp"
#include "release/model.hpp"
#include "release/wire/call_rules.hpp"

namespace edgeroll::control {

/// Findings that are written to the database, beside the snapshot.
struct Finding {
    std::string unknown_action;                   ///< in requested_action
    bool has_blank_config = false;                ///< treated as NULL where node rows exist
    std::vector<ContentReading> contents;         ///< every content that nodes may get
    bool raises_mark = false;                     ///< the version is the highest so far
    std::optional<std::int64_t> rows_seen;        ///< the number of node rows noted before
    std::optional<std::int64_t> since_rows_seen;  ///< milliseconds since it last increased
};

/// Lists only some of many bad rows: the release fails with the first problem.
void add_problem(release::Snapshot& snapshot, std::string text);

/// The content of the release's version. A rollback gives nodes their former contents, whatever its
/// own version has.
void read_own_content(Connection& connection, ContentBook& contents, release::Snapshot& snapshot,
                      Finding& finding);

/// The contents that rows name themselves (rollbacks). Missing digests are filled in:
/// nodes.applied_sha256 is copied from there.
void read_other_contents(Connection& connection, ContentBook& contents, release::Snapshot& snapshot,
                         Finding& finding);

/// The newest bans are sent to agents with every dispatch, and the release's contents are checked
/// against all bans. Agents without templates compute the older digest: a ban of the same text
/// taken literally is not sent, since they would refuse the allowed content.
void read_bans(Connection& connection, release::Snapshot& snapshot, const Finding& finding);

/// Values in edgeroll's own columns that were not written by edgeroll are ignored.
void check_provenance(Connection& connection, release::Snapshot& snapshot);

/// Before a release begins, a forbidden gate (or a token for it) makes it impossible. After that,
/// and for a release that catches up without asking its gate, the check happens when the gate is
/// called.
void check_gates(release::Snapshot& snapshot, const release::wire::CallRules& rules);

/// True: the write changed rows that the snapshot was made of.
bool write_down(Connection& connection, const release::Snapshot& snapshot, const Finding& finding);

}  // namespace edgeroll::control
