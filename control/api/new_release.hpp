// The body of POST /api/v1/releases.
#pragma once

#include "control/api/ports/creation.hpp"
#include "control/api/tokens.hpp"
#include "release/result.hpp"
#include "tls/http_types.hpp"

namespace edgeroll::control::api {

/// Reads the body and checks everything that needs no database. Errors: 2002, naming the field;
/// fields outside docs/contract.md section 7 are refused too.
[[nodiscard]] release::Result<NewRelease> read_new_release(const tls::Request& request,
                                                           const Caller& caller);

}  // namespace edgeroll::control::api
