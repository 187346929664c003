// GET /api/v1/releases/<id>/events: the history of a release, as a list and as a live stream.
#pragma once

#include "control/api/api.hpp"
#include "control/api/event_stream.hpp"
#include "control/api/guard.hpp"
#include "control/api/ports/api_store.hpp"
#include "tls/router.hpp"

namespace edgeroll::control::api {

/// Loop thread; must outlive the router.
class EventRoutes {
  public:
    explicit EventRoutes(const ApiParts& parts);
    void add_to(tls::Router& router, Guard& guard);

  private:
    awaitable<tls::Response> events(tls::Request request, Caller caller);
    awaitable<tls::Response> list(tls::Request request, release::ReleaseId id);
    awaitable<tls::Response> follow(tls::Request request, release::ReleaseId id, Caller caller);

    ApiStore& store_;
    Authenticator& authenticator_;
    EventStreams streams_;
};

}  // namespace edgeroll::control::api
