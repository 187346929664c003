#include "control/api/guard.hpp"

#include <exception>
#include <utility>

#include "control/api/respond.hpp"
#include "release/result.hpp"

namespace edgeroll::control::api {

Guard::Guard(Authenticator& authenticator, Metrics& metrics)
    : authenticator_(authenticator), metrics_(metrics) {}

tls::Handler Guard::guarded(Role needed, Action action) {
    return [this, needed, action = std::move(action)](tls::Request request) {
        return run_guarded(needed, action, std::move(request));
    };
}

tls::Handler Guard::open(tls::Handler handler) {
    return [this, handler = std::move(handler)](tls::Request request) {
        return run_open(handler, std::move(request));
    };
}

awaitable<tls::Response> Guard::caught(awaitable<tls::Response> work) {
    std::string thrown;
    try {
        tls::Response response = co_await std::move(work);
        co_return response;
    } catch (const std::exception& error) {
        thrown = error.what();
    }
    co_return refuse(release::code::internal, "a handler threw: " + thrown);
}

awaitable<tls::Response> Guard::run_guarded(Role needed, Action action, tls::Request request) {
    auto caller = authenticator_.admit(request, needed);
    tls::Response response;
    if (caller) {
        auto work = action(std::move(request), std::move(*caller));
        response = co_await caught(std::move(work));
    } else {
        response = refuse(caller.error());
    }
    metrics_.http_answered(response.status);
    co_return response;
}

awaitable<tls::Response> Guard::run_open(tls::Handler handler, tls::Request request) {
    auto work = handler(std::move(request));
    tls::Response response = co_await caught(std::move(work));
    metrics_.http_answered(response.status);
    co_return response;
}

}  // namespace edgeroll::control::api
