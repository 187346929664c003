// What secret files of a content require of the process that releases it and of its nodes.
#pragma once

#include <vector>

#include "control/api/ports/steering.hpp"
#include "control/secrets/secret_keys.hpp"
#include "control/store/db/connection.hpp"

namespace edgeroll::control {

/// The plan's nodes whose agents never reported that they can keep secrets, ascending.
[[nodiscard]] std::vector<release::LeftOut> nodes_without_secrets(Connection& connection,
                                                                  const CreatedRelease& created);

/// For a rollback, whose nodes get contents of several versions: throws Refused (3003) where this
/// process cannot open a secret; fills in `without_secrets`.
void judge_secrets(Connection& connection, const SecretKeys* keys, RolledBack& done);

}  // namespace edgeroll::control
