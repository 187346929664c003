// The history of a release as the API shows it.
#pragma once

#include "control/api/ports/event_views.hpp"
#include "control/store/db/connection.hpp"

namespace edgeroll::control {

/// Reads everything in one snapshot of the database: a final status comes with every event written
/// with it. Throws Refused 3001 when the release does not exist, 2002 for an illegal page.
[[nodiscard]] EventPage read_events(Connection& connection, release::ReleaseId id,
                                    std::int64_t after, int page, int page_size);

}  // namespace edgeroll::control
