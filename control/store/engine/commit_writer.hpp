// Writes one step of a release (Store::commit).
#pragma once

#include "control/core/ports.hpp"
#include "control/store/db/connection.hpp"

namespace edgeroll::control {

/// One transaction. Its first statement updates the release under the claim's epoch: this single
/// row protects the batch gate, the limits, pause and stop, also on a cluster
/// (docs/architecture.md).
[[nodiscard]] Committed write_commit(Connection& connection, const Claim& claim,
                                     const release::Commit& commit);

}  // namespace edgeroll::control
