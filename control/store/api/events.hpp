// The history of a release as the API shows it.
#pragma once

#include "control/api/ports/event_views.hpp"
#include "control/store/db/connection.hpp"

namespace edgeroll::control {

/// All in one moment of the database: a status that is final comes with every event that was
/// written with it. Throws Refused 3001 when there is no such release, 2002 for a page that is not
/// there.
[[nodiscard]] EventPage read_events(Connection& connection, release::ReleaseId id,
                                    std::int64_t after, int page, int page_size);

}  // namespace edgeroll::control
