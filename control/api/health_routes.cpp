#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "control/api/names/field_names.hpp"
#include "control/api/respond.hpp"
#include "control/api/routes.hpp"
#include "tls/rt/program.hpp"

namespace edgeroll::control::api {
namespace {

using release::Millis;
using release::wire::Json;

constexpr Millis patience{2'000};
constexpr Millis fresh_for{200};

/// For any error: the caller wants to know whether to send requests here.
Response not_ready(const release::Error& error) {
    Response response = refuse(error);
    response.status = 503;
    response.headers["Retry-After"] = "2";
    return response;
}

}  // namespace

HealthRoutes::HealthRoutes(const ApiParts& parts)
    : metrics_(parts.metrics),
      certificate_trouble_(parts.certificate_trouble),
      load_(parts.load),
      heartbeats_(parts.heartbeats),
      certificates_(parts.certificates),
      front_(parts.front),
      ping_(parts.executor, parts.clock, [&store = parts.store] { return store.ping(); }),
      gauges_(parts.executor, parts.clock, [&store = parts.store] { return store.gauges(); }),
      executor_(parts.executor) {}

void HealthRoutes::add_to(tls::Router& router, Guard& guard) {
    router.add("GET", "/healthz", guard.open([this](Request) { return health(); }));
    router.add("GET", "/readyz", guard.open([this](Request) { return readiness(); }));
    router.add("GET", "/metrics", guard.open([this](Request) { return metrics(); }));
}

awaitable<Response> HealthRoutes::health() {
    Json data = Json::object();
    data[field::status] = "ok";
    data[field::version] = rt::program_version();
    co_return answer(data);
}

awaitable<Response> HealthRoutes::readiness() {
    const auto schema_trouble = co_await ping_.get(patience, fresh_for);
    if (!schema_trouble) co_return not_ready(schema_trouble.error());
    if (!schema_trouble->empty()) co_return refuse(release::code::busy, *schema_trouble);
    const std::string trouble = certificate_trouble_ ? certificate_trouble_() : std::string();
    if (!trouble.empty()) co_return refuse(release::code::busy, "certificates: " + trouble);
    Json data = Json::object();
    data[field::status] = "ready";
    co_return answer(data);
}

// Any client may ask at any rate, and making the text costs more than sending it: all requests
// within one turn of the loop share one text.
awaitable<void> HealthRoutes::refresh_text(const release::Result<Gauges>& gauges) {
    const std::int64_t asked = texts_;
    const bool is_first = !is_text_due_;
    is_text_due_ = true;
    // The first request is also the first to resume.
    do {
        co_await boost::asio::post(executor_, boost::asio::use_awaitable);
    } while (!is_first && is_text_due_ && texts_ == asked);
    if (!is_first) co_return;
    is_text_due_ = false;
    ++texts_;
    if (load_) metrics_.executor(load_());
    if (heartbeats_) metrics_.heartbeats(heartbeats_());
    if (certificates_) metrics_.certificates(certificates_());
    if (front_) metrics_.front(front_());
    text_ = metrics_.text(gauges);
}

awaitable<Response> HealthRoutes::metrics() {
    const auto gauges = co_await gauges_.get(patience, fresh_for);
    co_await refresh_text(gauges);
    Response response;
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    response.body = text_;
    co_return response;
}

}  // namespace edgeroll::control::api
