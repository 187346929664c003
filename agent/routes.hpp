// The agent protocol's calls (docs/contract.md section 5).
#pragma once

#include <string>

#include "agent/executor.hpp"
#include "tls/router.hpp"

namespace edgeroll::agent {

/// @param executor must outlive the router
[[nodiscard]] tls::Router make_routes(Executor& executor);

/// Body of an answer that the server gives by itself. Never code 3001: with that one a 404 would
/// say that a task is unknown.
[[nodiscard]] std::string error_body(int status, const std::string& what);

}  // namespace edgeroll::agent
