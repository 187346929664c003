// The certificates of edgeroll-control, with the names of their settings.
#pragma once

#include <memory>

#include "control/settings.hpp"
#include "release/result.hpp"
#include "tls/context_store.hpp"

namespace edgeroll::control {

using Certificates = release::Result<std::unique_ptr<tls::ContextStore>>;

/// CONTROL_CERT, CONTROL_KEY, CONTROL_CA, CONTROL_CRL: towards agents.
[[nodiscard]] Certificates agent_certificates(const Settings& settings);
/// HTTP_CERT, HTTP_KEY: towards callers of the API, which need no certificate.
[[nodiscard]] Certificates http_certificates(const Settings& settings);

}  // namespace edgeroll::control
