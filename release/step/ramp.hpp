// The ramp of a large batch: it grows with the nodes that have succeeded in it.
#pragma once

#include "release/model.hpp"

namespace edgeroll::release {

/// No further node of the batch may start now: as many run as the ramp allows. Only for batches
/// that edgeroll planned, above Rules::ramp_above nodes; never for a rollback.
[[nodiscard]] bool is_held_by_ramp(const Release& release, const BatchState& batch);

}  // namespace edgeroll::release
