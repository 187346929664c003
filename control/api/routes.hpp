// The handlers behind the routes, one class per subject. Loop thread; each must outlive the router.
#pragma once

#include "control/api/api.hpp"
#include "control/api/coalesced.hpp"
#include "control/api/guard.hpp"
#include "control/api/limiter.hpp"
#include "control/api/ports/api_store.hpp"
#include "tls/router.hpp"

namespace edgeroll::control::api {

using tls::Request;
using tls::Response;

class ReleaseRoutes {
  public:
    explicit ReleaseRoutes(const ApiParts& parts)
        : executor_(parts.executor),
          store_(parts.store),
          gates_(parts.gates),
          node_timeout_(parts.node_timeout) {}
    void add_to(tls::Router& router, Guard& guard);

  private:
    awaitable<Response> show(Request request);
    awaitable<Response> list(Request request);
    awaitable<Response> create(Request request, Caller caller);

    boost::asio::any_io_executor executor_;
    ApiStore& store_;
    Gates* gates_;
    release::Millis node_timeout_;
};

/// Operators' actions on a release. After each action the executor of this process is told to look.
class ActionRoutes {
  public:
    explicit ActionRoutes(const ApiParts& parts)
        : store_(parts.store), node_timeout_(parts.node_timeout), steered_(parts.steered) {}
    void add_to(tls::Router& router, Guard& guard);

  private:
    awaitable<Response> steer(Request request, Caller caller, release::Steering action);
    awaitable<Response> force_stop(ActionRequest wanted);
    awaitable<Response> retry(Request request, Caller caller);
    awaitable<Response> roll_back(Request request, Caller caller);
    awaitable<Response> limit(Request request, Caller caller);
    void look() const;

    ApiStore& store_;
    release::Millis node_timeout_;
    std::function<void()> steered_;
};

/// Figures about releases, nodes and agents.
class StatsRoutes {
  public:
    explicit StatsRoutes(const ApiParts& parts);
    void add_to(tls::Router& router, Guard& guard);

  private:
    awaitable<Response> show(Request request);

    Metrics& metrics_;
    std::function<ExecutorLoad()> load_;
    Coalesced<Stats> stats_;
};

class ConfigRoutes {
  public:
    explicit ConfigRoutes(ApiStore& store) : store_(store) {}
    void add_to(tls::Router& router, Guard& guard);

  private:
    awaitable<Response> show(Request request, Caller caller);
    awaitable<Response> put(Request request, Caller caller);

    ApiStore& store_;
    /// A content is read and parsed as a whole, up to 8 MiB: most database threads must stay free.
    Limiter reads_{1, 31};
};

class NodeRoutes {
  public:
    explicit NodeRoutes(ApiStore& store) : store_(store) {}
    void add_to(tls::Router& router, Guard& guard);

  private:
    awaitable<Response> list(Request request);
    awaitable<Response> add(Request request, Caller caller);
    awaitable<Response> change(Request request, Caller caller);

    ApiStore& store_;
};

class EvidenceRoutes {
  public:
    explicit EvidenceRoutes(ApiStore& store) : store_(store) {}
    void add_to(tls::Router& router, Guard& guard);

  private:
    awaitable<Response> list(Request request);

    ApiStore& store_;
};

/// What reconciliation does, and why it waits.
class ReconciliationRoutes {
  public:
    explicit ReconciliationRoutes(const ApiParts& parts);
    void add_to(tls::Router& router, Guard& guard);

  private:
    awaitable<Response> show(Request request);
    awaitable<Response> resume(Request request, Caller caller);

    ApiStore& store_;
    release::ReconcileRules rules_;
    Coalesced<ReconciliationView> views_;  ///< all nodes are looked at
};

class BanRoutes {
  public:
    explicit BanRoutes(ApiStore& store) : store_(store) {}
    void add_to(tls::Router& router, Guard& guard);

  private:
    awaitable<Response> list(Request request);
    awaitable<Response> add(Request request, Caller caller);
    awaitable<Response> remove(Request request, Caller caller);

    ApiStore& store_;
};

class AuditRoutes {
  public:
    explicit AuditRoutes(ApiStore& store) : store_(store) {}
    void add_to(tls::Router& router, Guard& guard);

  private:
    awaitable<Response> list(Request request);

    ApiStore& store_;
};

class HealthRoutes {
  public:
    explicit HealthRoutes(const ApiParts& parts);
    void add_to(tls::Router& router, Guard& guard);

  private:
    awaitable<Response> health();
    awaitable<Response> readiness();
    awaitable<Response> metrics();
    awaitable<void> refresh_text(const release::Result<Gauges>& gauges);

    Metrics& metrics_;
    std::function<std::string()> certificate_trouble_;
    std::function<ExecutorLoad()> load_;
    std::function<HeartbeatFigures()> heartbeats_;
    std::function<std::vector<tls::CertificateReport>()> certificates_;
    std::function<tls::ServerFigures()> front_;
    Coalesced<std::string> ping_;
    Coalesced<Gauges> gauges_;
    boost::asio::any_io_executor executor_;
    std::string text_;        ///< the latest text of the metrics
    std::int64_t texts_ = 0;  ///< number of texts made
    bool is_text_due_ = false;
};

}  // namespace edgeroll::control::api
