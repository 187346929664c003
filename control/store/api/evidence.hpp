// The evidence of a release, as the API lists it. Throws Refused.
#pragma once

#include "control/api/ports/evidence_views.hpp"
#include "control/store/db/connection.hpp"

namespace edgeroll::control {

/// Only rows of the order that the release has now: its id may have belonged to a deleted release.
/// 3001 when there is no such release, 2002 for an illegal page.
[[nodiscard]] EvidencePage list_evidence(Connection& connection, const EvidenceFilter& filter);

}  // namespace edgeroll::control
