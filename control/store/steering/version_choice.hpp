// Which version a new release gets (docs/contract.md 4.9): above everything that was released
// before.
#pragma once

#include <optional>

#include "control/store/db/connection.hpp"
#include "release/ids.hpp"

namespace edgeroll::control {

/// Makes this transaction wait for others that make a release by the API, until it ends: those that
/// choose at once would only choose again and again. As its first statement, before any lock and
/// before its reading of the database begins. Rollbacks hold a release already and do without.
void take_turn(Connection& connection);

/// Inside the caller's transaction; two callers may still choose the same one, which the unique
/// key of release_tasks.version and give_out settle. Without `wanted` the next version above every
/// release, applied version and content, and above all that there have been (version_mark.hpp); one
/// that the caller names need only be above the releases and applied versions that there are.
/// Refusals are thrown (Refused): 2002 below 1, 3002 taken or not above those, 3003 when there is
/// no higher one.
[[nodiscard]] release::Version choose_version(
    Connection& connection, std::optional<release::Version> wanted = std::nullopt);

/// The version is the release's from now on, whatever is deleted. In the transaction that makes the
/// release, after its writes to releases.
/// @param is_chosen by choose_version. Throws a DbFailure (not_done, is_duplicate: choose anew)
/// where another transaction was faster with it and its row is gone again
void give_out(Connection& connection, release::Version version, bool is_chosen);

}  // namespace edgeroll::control
