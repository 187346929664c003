// Runs before every handler: token, role, request count, and a catch for exceptions.
#pragma once

#include <functional>

#include "control/api/auth.hpp"
#include "control/api/metrics.hpp"
#include "tls/http_types.hpp"

namespace edgeroll::control::api {

/// A handler that gets the caller.
using Action = std::function<awaitable<tls::Response>(tls::Request, Caller)>;

/// Rules of a route for authorized callers.
struct RouteRules {
    std::size_t body_bytes_max = 64U << 10;
    bool is_urgent = false;  ///< keeps a place and memory when those of other routes are used up
};

/// The token is checked with the header, before the body is read, and again after the body: it may
/// be withdrawn in the meantime. Loop thread. Must outlive the handlers it makes.
class Guard {
  public:
    Guard(Authenticator& authenticator, Metrics& metrics);

    /// Only for callers of this role (admins may do what viewers may).
    [[nodiscard]] tls::GatedHandler guarded(Role needed, Action action,
                                            const RouteRules& rules = {});
    /// For all callers, at any time: health and figures.
    [[nodiscard]] tls::GatedHandler open(tls::Handler handler);

  private:
    [[nodiscard]] tls::Pass judge(Role needed, const RouteRules& rules,
                                  const tls::Request& request);
    awaitable<tls::Response> run_guarded(Role needed, Action action, tls::Request request);
    awaitable<tls::Response> run_open(tls::Handler handler, tls::Request request);
    /// Awaits a handler; an exception becomes 5001 and a line in the log.
    awaitable<tls::Response> caught(awaitable<tls::Response> work);

    Authenticator& authenticator_;
    Metrics& metrics_;
};

}  // namespace edgeroll::control::api
