// Creating a release through the API (SPEC.md sections 6 and 7).
#pragma once

#include "control/store/api/store.hpp"
#include "control/store/db/connection.hpp"

namespace edgeroll::control {

/// See ApiStore::create. Refusals are thrown (Refused).
[[nodiscard]] CreatedRelease create_release(Connection& connection, const NewRelease& request);

}  // namespace edgeroll::control
