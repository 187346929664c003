// Requests AGENT_VERIFY_URL over the network.
#pragma once

#include <memory>

#include "agent/ports.hpp"

namespace edgeroll::agent {

[[nodiscard]] std::unique_ptr<UrlProber> make_url_prober();

}  // namespace edgeroll::agent
