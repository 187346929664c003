#include "control/api/guard.hpp"

#include <exception>
#include <utility>

#include "control/api/respond.hpp"
#include "release/result.hpp"

namespace edgeroll::control::api {

Guard::Guard(Authenticator& authenticator, Metrics& metrics)
    : authenticator_(authenticator), metrics_(metrics) {}

tls::GatedHandler Guard::guarded(Role needed, Action action, const RouteRules& rules) {
    tls::GatedHandler gated;
    gated.gate = [this, needed, rules](const tls::Request& request) {
        return judge(needed, rules, request);
    };
    gated.handler = [this, needed, action = std::move(action)](tls::Request request) {
        return run_guarded(needed, action, std::move(request));
    };
    return gated;
}

tls::GatedHandler Guard::open(tls::Handler handler) {
    tls::GatedHandler gated;
    gated.gate = [](const tls::Request&) {
        tls::Pass pass;
        pass.body_bytes_max = 1;  // health and figures take no body
        pass.is_urgent = true;
        return pass;
    };
    gated.handler = [this, handler = std::move(handler)](tls::Request request) {
        return run_open(handler, std::move(request));
    };
    return gated;
}

tls::Pass Guard::judge(Role needed, const RouteRules& rules, const tls::Request& request) {
    tls::Pass pass;
    const auto caller = authenticator_.admit(request, needed);
    if (!caller) {
        pass.refusal = refuse(caller.error());
        metrics_.http_answered(pass.refusal->status);
        return pass;
    }
    pass.judged = *caller;
    pass.is_known = true;
    pass.body_bytes_max = rules.body_bytes_max;
    pass.is_urgent = rules.is_urgent;
    return pass;
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
    const auto* judged = std::any_cast<Caller>(&request.judged);
    // A body takes up to two minutes: the token may have been withdrawn in the meantime.
    const bool is_still_good = judged != nullptr && authenticator_.still_admits(*judged);
    auto caller =
        is_still_good ? release::Result<Caller>(*judged) : authenticator_.admit(request, needed);
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
