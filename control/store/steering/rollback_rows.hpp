// What a finished release did to its nodes, for a rollback.
#pragma once

#include <vector>

#include "control/store/db/connection.hpp"
#include "release/rollback.hpp"

namespace edgeroll::control {

/// Ascending by (batch, id).
/// @param version of the release
[[nodiscard]] std::vector<release::FormerRow> read_former_rows(Connection& connection,
                                                               release::ReleaseId id,
                                                               release::Version version);

/// Releases that the rows name as later than `version` and that still exist.
[[nodiscard]] std::vector<release::LaterRelease> read_later_releases(
    Connection& connection, const std::vector<release::FormerRow>& rows, release::Version version);

/// Contents that the rows would get back, ascending by version.
[[nodiscard]] std::vector<release::FormerContent> read_former_contents(
    Connection& connection, const std::vector<release::FormerRow>& rows, release::Version version);

}  // namespace edgeroll::control
