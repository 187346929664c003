// What secret files of a content ask of the process that releases it, and of the nodes that get it.
#pragma once

#include <vector>

#include "control/api/ports/steering.hpp"
#include "control/secrets/secret_keys.hpp"
#include "control/store/db/connection.hpp"

namespace edgeroll::control {

/// The plan's nodes whose agents never said that they can keep secrets, ascending.
[[nodiscard]] std::vector<release::LeftOut> nodes_without_secrets(Connection& connection,
                                                                  const CreatedRelease& created);

/// Of a rollback, whose nodes get contents of several versions: refused (thrown, 3003) where a
/// secret of one cannot be opened here; `without_secrets` is filled in.
void judge_secrets(Connection& connection, const SecretKeys* keys, RolledBack& done);

}  // namespace edgeroll::control
