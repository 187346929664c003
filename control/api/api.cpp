#include "control/api/api.hpp"

#include "control/api/event_routes.hpp"
#include "control/api/guard.hpp"
#include "control/api/routes.hpp"

namespace edgeroll::control::api {
namespace {

class RestApi final : public Api {
  public:
    explicit RestApi(const ApiParts& parts)
        : guard_(parts.authenticator, parts.metrics),
          releases_(parts),
          actions_(parts),
          stats_(parts),
          configs_(parts.store),
          nodes_(parts.store),
          bans_(parts.store),
          reconciliation_(parts),
          events_(parts),
          evidence_(parts.store),
          audit_(parts.store),
          health_(parts) {
        releases_.add_to(router_, guard_);
        actions_.add_to(router_, guard_);
        stats_.add_to(router_, guard_);
        configs_.add_to(router_, guard_);
        nodes_.add_to(router_, guard_);
        bans_.add_to(router_, guard_);
        reconciliation_.add_to(router_, guard_);
        events_.add_to(router_, guard_);
        evidence_.add_to(router_, guard_);
        audit_.add_to(router_, guard_);
        health_.add_to(router_, guard_);
    }

    [[nodiscard]] const tls::Router& router() const override { return router_; }

  private:
    Guard guard_;
    ReleaseRoutes releases_;
    ActionRoutes actions_;
    StatsRoutes stats_;
    ConfigRoutes configs_;
    NodeRoutes nodes_;
    BanRoutes bans_;
    ReconciliationRoutes reconciliation_;
    EventRoutes events_;
    EvidenceRoutes evidence_;
    AuditRoutes audit_;
    HealthRoutes health_;
    tls::Router router_;
};

}  // namespace

std::unique_ptr<Api> make_api(ApiParts parts) {
    return std::make_unique<RestApi>(parts);
}

}  // namespace edgeroll::control::api
