// The body of POST /api/v1/releases.
#pragma once

#include "control/api/ports/creation.hpp"
#include "control/api/tokens.hpp"
#include "release/result.hpp"
#include "tls/http_types.hpp"

namespace edgeroll::control::api {

/// Reads and checks everything that can be checked without the database. Errors: 2002, naming the
/// field; what docs/contract.md section 7 does not have is refused too.
[[nodiscard]] release::Result<NewRelease> read_new_release(const tls::Request& request,
                                                           const Caller& caller);

}  // namespace edgeroll::control::api
