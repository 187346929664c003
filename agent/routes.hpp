// Routes of the agent protocol (docs/contract.md section 5).
#pragma once

#include <string>

#include "agent/executor.hpp"
#include "tls/router.hpp"

namespace edgeroll::agent {

/// @param executor must outlive the router
[[nodiscard]] tls::Router make_routes(Executor& executor);

/// Body of the server's own answers. Never code 3001: with it a 404 would say that a task is
/// unknown.
[[nodiscard]] std::string error_body(int status, const std::string& what);

}  // namespace edgeroll::agent
