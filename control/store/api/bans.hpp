// Banned contents as the API lists, adds and lifts them. Functions throw Refused.
#pragma once

#include "control/api/ports/bans.hpp"
#include "control/store/db/connection.hpp"

namespace edgeroll::control {

/// Newest first. 2002 for an illegal page.
[[nodiscard]] BanPage list_bans(Connection& connection, int page, int page_size);

/// Bans the content, with a row of the audit log unless it is banned already. 3001 for a version
/// without content, 2002 for a content that cannot be read.
[[nodiscard]] Banned insert_ban(Connection& connection, const BanRequest& request);

/// Deletes the row, however its digest is spelled, with a row of the audit log. 3001: there is
/// none.
[[nodiscard]] BanView delete_ban(Connection& connection, const BanRemoval& removal);

}  // namespace edgeroll::control
