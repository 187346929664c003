// Idempotency-Key: a repeated request is answered with the first one's release.
#pragma once

#include <optional>

#include "control/api/ports/creation.hpp"
#include "control/store/db/connection.hpp"

namespace edgeroll::control {

/// The first answer to the same key, if there was one, without left_out. Refusals are thrown: 3003
/// when the key came with another body, 3001 when its release was deleted.
[[nodiscard]] std::optional<CreatedRelease> answered_before(Connection& connection,
                                                            const NewRelease& request);

/// Inside the transaction that makes the release. Throws a duplicate's DbFailure when somebody else
/// used the key in the meantime.
void remember_answer(Connection& connection, const NewRelease& request,
                     const CreatedRelease& created);

}  // namespace edgeroll::control
