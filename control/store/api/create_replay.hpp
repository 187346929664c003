// Idempotency-Key: a repeated request gets the release of the first request.
#pragma once

#include <optional>

#include "control/api/ports/creation.hpp"
#include "control/store/db/connection.hpp"

namespace edgeroll::control {

/// The first answer to the same key, if any, without left_out. Throws Refused: 3003 when the key
/// came with another body, 3001 when its release was deleted.
[[nodiscard]] std::optional<CreatedRelease> answered_before(Connection& connection,
                                                            const NewRelease& request);

/// Inside the transaction that creates the release. Throws DbFailure (is_duplicate) when another
/// request has used the key in the meantime.
void remember_answer(Connection& connection, const NewRelease& request,
                     const CreatedRelease& created);

}  // namespace edgeroll::control
