// Chooses the version of a new release (docs/contract.md 4.9): above everything released before.
#pragma once

#include <optional>

#include "control/store/db/connection.hpp"
#include "release/ids.hpp"

namespace edgeroll::control {

/// Until its end, this transaction makes other transactions that create a release by the API wait:
/// concurrent choices would only repeat again and again. Must be its first statement, before any
/// lock and before its snapshot begins. Rollbacks already hold a release and do without.
void take_turn(Connection& connection);

/// Inside the caller's transaction. Two callers may still choose the same version, which the unique
/// key of release_tasks.version and give_out resolve. Without `wanted`: the next version above
/// every release, applied version and content, and above the highest version ever used
/// (version_mark.hpp). A version that the caller names need only be above the existing releases and
/// applied versions. Throws Refused: 2002 below 1, 3002 taken or not above those, 3003 when no
/// higher version exists.
[[nodiscard]] release::Version choose_version(
    Connection& connection, std::optional<release::Version> wanted = std::nullopt);

/// Gives the version to the release for good, even after deletions. In the transaction that creates
/// the release, after its writes to releases.
/// @param is_chosen by choose_version. Throws DbFailure (not_done, is_duplicate: choose again)
/// where another transaction took the version first and its row was deleted
void give_out(Connection& connection, release::Version version, bool is_chosen);

}  // namespace edgeroll::control
