#include "agent/routes.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "release/text/digits.hpp"
#include "release/wire/agent_messages.hpp"
#include "release/wire/json_util.hpp"
#include "release/wire/payload.hpp"
#include "tls/rt/log.hpp"
#include "tls/rt/program.hpp"

namespace edgeroll::agent {
namespace {

using release::Error;
using release::wire::Json;
using tls::Request;
using tls::Response;
using Answer = boost::asio::awaitable<Response>;
namespace code = release::code;

constexpr double hold_seconds_max = 50;
constexpr std::size_t small_body = 64U << 10;

Response answer(std::string body, int status = 200) {
    Response response;
    response.status = status;
    response.body = std::move(body);
    return response;
}

Response refusal(const Error& error) {
    return answer(release::wire::error_envelope(error.code, error.message),
                  release::wire::http_status(error.code));
}

/// Parses `?wait=SECONDS`. Values above the maximum count as the maximum, since a held answer may
/// always come early.
Result<Millis> hold_of(const Request& request) {
    const auto found = request.parameters.find("wait");
    if (found == request.parameters.end()) return Millis(0);
    const std::string& text = found->second;
    double seconds = 0;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), seconds, std::chars_format::fixed);
    if (error != std::errc() || end != text.data() + text.size() || !(seconds >= 0) ||
        !std::isfinite(seconds)) {
        return release::fail("parameter 'wait' must be a number of seconds from 0 to 50",
                             release::Outcome::permanent, code::invalid);
    }
    return Millis(static_cast<std::int64_t>(std::min(seconds, hold_seconds_max) * 1000));
}

Answer dispatch(Executor& executor, Request request) {
    auto read = release::wire::read_dispatch(request.body);
    if (!read) co_return refusal(read.error());
    request.body.clear();
    const std::string task_id = read->task_id;
    const auto status = co_await executor.dispatch(std::move(*read));
    if (!status) {
        const rt::LogFields fields{{"task", task_id},
                                   {"code", std::to_string(status.error().code)},
                                   {"reason", status.error().message}};
        rt::log(rt::LogLevel::warn, "dispatch_refused", fields);
        Response refused = refusal(status.error());
        // The content is not kept here. A 404 would say that the task is unknown.
        if (status.error().code == code::not_found) refused.status = 409;
        co_return refused;
    }
    co_return answer(release::wire::write_task_status(executor.identity(task_id, *status)));
}

Answer task(Executor& executor, Request request) {
    const auto hold = hold_of(request);
    if (!hold) co_return refusal(hold.error());
    const std::string task_id = request.captures.at(0);
    const auto report = co_await executor.report(task_id, *hold);
    if (!report) {
        Error unknown;
        unknown.code = code::not_found;
        unknown.message = "task " + task_id + " is not known here";
        co_return refusal(unknown);
    }
    co_return answer(release::wire::write_task_report(*report));
}

Answer cancel(Executor& executor, Request request) {
    const std::string task_id = request.captures.at(0);
    const auto status = co_await executor.cancel(task_id);
    if (!status) co_return refusal(status.error());
    co_return answer(release::wire::write_task_status(executor.identity(task_id, *status)));
}

Answer content(Executor& executor, Request request) {
    const std::string sha256 = release::lower_hex(request.captures.at(0));
    if (!release::is_sha256_hex(sha256)) {
        Error invalid;
        invalid.code = code::invalid;
        invalid.message = "a content is named by 64 hex digits";
        co_return refusal(invalid);
    }
    const bool is_held = co_await executor.holds(sha256);
    co_return answer(release::wire::write_content_held(is_held, sha256));
}

Answer state(Executor& executor) {
    co_return answer(release::wire::write_node_state(co_await executor.state()));
}

Answer at_once(Response response) {
    co_return response;
}

tls::GatedHandler gated(std::size_t body_bytes_max, tls::Handler handler, bool is_urgent = false) {
    tls::Pass pass;
    pass.body_bytes_max = body_bytes_max;
    pass.is_urgent = is_urgent;
    return {std::move(handler), [pass](const Request&) { return pass; }};
}

}  // namespace

tls::Router make_routes(Executor& executor) {
    // The closures are not coroutines: they only pass parameters on.
    tls::Router router;
    router.add("POST", "/tasks/dispatch",
               gated(release::wire::dispatch_bytes_max, [&executor](Request request) {
                   return dispatch(executor, std::move(request));
               }));
    router.add("GET", "/tasks/{taskId}", gated(small_body, [&executor](Request request) {
                   return task(executor, std::move(request));
               }));
    router.add(
        "POST", "/tasks/{taskId}/cancel",
        gated(
            small_body,
            [&executor](Request request) { return cancel(executor, std::move(request)); }, true));
    router.add("GET", "/contents/{sha256}", gated(small_body, [&executor](Request request) {
                   return content(executor, std::move(request));
               }));
    router.add("GET", "/state",
               gated(small_body, [&executor](const Request&) { return state(executor); }));
    tls::Handler health = [](const Request&) {
        return at_once(answer(release::wire::success_envelope(Json{{"status", "ok"}})));
    };
    router.add("GET", "/healthz", gated(small_body, std::move(health), true));
    return router;
}

std::string error_body(int status, const std::string& what) {
    int error_code = code::invalid;
    if (status == 403) error_code = code::forbidden;
    if (status == 500) error_code = code::internal;
    if (status == 503) error_code = code::busy;
    return release::wire::error_envelope(error_code, what);
}

}  // namespace edgeroll::agent
