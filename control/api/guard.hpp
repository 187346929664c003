// What stands before every handler: the token, the role, the count, and a net for exceptions.
#pragma once

#include <functional>

#include "control/api/auth.hpp"
#include "control/api/metrics.hpp"
#include "tls/http_types.hpp"

namespace edgeroll::control::api {

/// A handler that knows who asks.
using Action = std::function<awaitable<tls::Response>(tls::Request, Caller)>;

/// Loop thread. Must outlive the handlers it makes.
class Guard {
  public:
    Guard(Authenticator& authenticator, Metrics& metrics);

    /// Only for callers of this role (admins may do what viewers may).
    [[nodiscard]] tls::Handler guarded(Role needed, Action action);
    /// For everybody.
    [[nodiscard]] tls::Handler open(tls::Handler handler);

  private:
    awaitable<tls::Response> run_guarded(Role needed, Action action, tls::Request request);
    awaitable<tls::Response> run_open(tls::Handler handler, tls::Request request);
    /// Awaits a handler; what it throws becomes 5001 and a line in the log.
    awaitable<tls::Response> caught(awaitable<tls::Response> work);

    Authenticator& authenticator_;
    Metrics& metrics_;
};

}  // namespace edgeroll::control::api
