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
#include "control/core/ports.hpp"
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
    /// The fault of the executor's certificates; empty: none, or the executor does not run. For GET
    /// /readyz.
    std::function<std::string()> certificate_trouble;
    /// RELEASE_NODE_TIMEOUT_SEC, to compute until when a node may work; 0: unknown.
    release::Millis node_timeout{0};
    release::ReconcileRules reconcile{};  ///< of this process, to say what it does next
    /// Called after a release was steered, so that the executor of this process looks at once.
    /// Empty: no executor.
    std::function<void()> steered{};
    /// Asked once by a dry run. Nothing: previews have no gates.
    Gates* gates = nullptr;
    /// The certificates in use, for the metrics; may be empty.
    std::function<std::vector<tls::CertificateReport>()> certificates{};
    /// What the executor does now; empty: no executor.
    std::function<ExecutorLoad()> load{};
    /// Of the heartbeats of this process; empty: it sends none.
    std::function<HeartbeatFigures()> heartbeats{};
    /// The figures of the server behind the API; empty: no server.
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
