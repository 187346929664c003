// Creating a release through the API (docs/contract.md sections 6 and 7).
#pragma once

#include "control/api/ports/creation.hpp"
#include "control/store/db/connection.hpp"
#include "release/wire/call_rules.hpp"

namespace edgeroll::control {

/// See ApiStore::create. Throws Refused.
/// @param gate_rules which gates are allowed, also a gate inherited from from_release
[[nodiscard]] CreatedRelease create_release(Connection& connection, const NewRelease& request,
                                            const release::wire::CallRules& gate_rules);

}  // namespace edgeroll::control
