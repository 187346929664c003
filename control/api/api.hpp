// The REST API of docs/contract.md section 7 as a router.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "control/api/auth.hpp"
#include "control/api/metrics.hpp"
#include "control/api/ports/api_store.hpp"
#include "tls/context_store.hpp"
#include "tls/router.hpp"

namespace edgeroll::control::api {

/// Everything must outlive the API, and the API the executor's context.
struct ApiParts {
    boost::asio::any_io_executor executor;
    ApiStore& store;
    Authenticator& authenticator;
    Metrics& metrics;
    Clock& clock;
    /// What is wrong with the certificates that the executor uses; empty: nothing, or it does not
    /// run. For GET /readyz.
    std::function<std::string()> certificate_trouble;
    /// RELEASE_NODE_TIMEOUT_SEC, to say until when a node may work; 0: not known.
    release::Millis node_timeout{0};
    /// Called when a release was steered: the executor of this process need not wait for its next
    /// look. Empty when there is none.
    std::function<void()> steered{};
    /// The certificates in use, for the metrics; empty when there are none.
    std::function<std::vector<tls::CertificateReport>()> certificates{};
    /// The executor's requests to agents; empty when there is none.
    std::function<SlotUse()> slots{};
    /// The server that the API is served by; empty when there is none.
    std::function<tls::ServerFigures()> front{};
};

/// Loop thread.
class Api {
  public:
    virtual ~Api() = default;
    [[nodiscard]] virtual const tls::Router& router() const = 0;
};

[[nodiscard]] std::unique_ptr<Api> make_api(ApiParts parts);

}  // namespace edgeroll::control::api
