// control::Agents over mutual TLS, by way of tls::ClientPool.
#pragma once

#include <memory>

#include "control/core/ports.hpp"
#include "tls/client_pool.hpp"

namespace edgeroll::control {

struct AgentOptions {
    release::Millis connect_timeout{15'000};  ///< AGENT_CONNECT_TIMEOUT_SEC
    release::Millis request_timeout{60'000};  ///< AGENT_REQUEST_TIMEOUT_SEC
};

/// @param pool must outlive the result and the coroutines that use it
[[nodiscard]] std::unique_ptr<Agents> make_agents(tls::ClientPool& pool, AgentOptions options);

}  // namespace edgeroll::control
