// What a reading finds out about contents and about columns that are edgeroll's own.
#pragma once

#include <string>
#include <vector>

#include "control/store/db/connection.hpp"
#include "control/store/engine/content_book.hpp"
#include "release/model.hpp"
#include "release/wire/call_rules.hpp"

namespace edgeroll::control {

/// What reading finds that is to be written down, beside the snapshot.
struct Finding {
    std::string unknown_action;                   ///< of requested_action
    bool has_blank_config = false;                ///< no problem beside node rows: as NULL
    std::vector<ContentReading> contents;         ///< every one that nodes may get
    bool raises_mark = false;                     ///< the version is the highest there has been
    std::optional<std::int64_t> rows_seen;        ///< the number of node rows noted before
    std::optional<std::int64_t> since_rows_seen;  ///< since it last grew, in milliseconds
};

/// Of many rows that are wrong only some are named: the first is what the release fails with.
void add_problem(release::Snapshot& snapshot, std::string text);

/// Of the release's version. A rollback gives nodes what they had before, whatever stands under its
/// own version.
void read_own_content(Connection& connection, ContentBook& contents, release::Snapshot& snapshot,
                      Finding& finding);

/// The contents that rows name for themselves (rollbacks). Their digests are filled in where they
/// are missing: nodes.applied_sha256 is taken from there.
void read_other_contents(Connection& connection, ContentBook& contents, release::Snapshot& snapshot,
                         Finding& finding);

/// The newest bans are told to agents with every dispatch, and the release's own contents are held
/// against all of them. Agents that do not see templates would refuse one for the ban of the same
/// text taken literally: they are not told of that.
void read_bans(Connection& connection, release::Snapshot& snapshot, const Finding& finding);

/// Columns of edgeroll's own that somebody else has written say nothing true about the release.
void check_provenance(Connection& connection, release::Snapshot& snapshot);

/// A gate that may not be called makes a release impossible before it begins. Once it has begun,
/// and for one that catches up without asking it, the dial decides.
void check_gate(release::Snapshot& snapshot, const release::wire::CallRules& rules);

/// True: rows were changed that the snapshot was made of.
bool write_down(Connection& connection, const release::Snapshot& snapshot, const Finding& finding);

}  // namespace edgeroll::control
