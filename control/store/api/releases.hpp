// Releases as the API shows them.
#pragma once

#include "control/api/ports/release_views.hpp"
#include "control/api/ports/stats.hpp"
#include "control/store/db/connection.hpp"
#include "control/store/fleet/template_book.hpp"

namespace edgeroll::control {

/// Throws Refused 3001 when the release does not exist.
[[nodiscard]] ReleaseView read_release_view(Connection& connection, release::ReleaseId id);

/// Throws Refused 2002 for an illegal sort or page.
[[nodiscard]] ReleasePage list_releases(Connection& connection, const ReleaseFilter& filter);

[[nodiscard]] Gauges read_gauges(Connection& connection, TemplateBook& templates);

}  // namespace edgeroll::control
