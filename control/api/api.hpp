// The REST API of SPEC.md section 7 as a router.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <string>

#include "control/api/auth.hpp"
#include "control/api/metrics.hpp"
#include "control/store/api_store.hpp"
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
};

/// Loop thread.
class Api {
  public:
    virtual ~Api() = default;
    [[nodiscard]] virtual const tls::Router& router() const = 0;
};

[[nodiscard]] std::unique_ptr<Api> make_api(ApiParts parts);

}  // namespace edgeroll::control::api
