#include <cmath>
#include <optional>
#include <utility>

#include "control/api/names/field_names.hpp"
#include "control/api/request_reader.hpp"
#include "control/api/respond.hpp"
#include "control/api/routes.hpp"

namespace edgeroll::control::api {
namespace {

using release::Millis;
using release::wire::Json;

constexpr Millis stats_patience{10'000};
constexpr Millis stats_fresh_for{1'000};

Json seconds_or_null(std::optional<Millis> span) {
    return span ? Json(static_cast<double>(span->count()) / 1000.0) : Json(nullptr);
}

Json rounded(double value, double step) {
    return std::round(value / step) * step;
}

Json json_of(const std::map<std::string, std::int64_t>& counts) {
    Json object = Json::object();
    for (const auto& [name, number] : counts)
        object[name] = number;
    return object;
}

Json json_of(const ExecutorLoad& slots) {
    Json object = Json::object();
    object[field::in_flight] = slots.in_flight;
    object[field::max] = slots.max;
    object[field::busy_share] =
        slots.max > 0 ? rounded(static_cast<double>(slots.in_flight) / slots.max, 0.001) : Json(0);
    return object;
}

Json json_of(const AgentFigures& agents) {
    Json object = Json::object();
    object[field::requests] = agents.dispatches;
    const auto millis = [](std::optional<double> value) {
        return value ? rounded(*value * 1000.0, 0.1) : Json(nullptr);
    };
    object[field::mean_ms] = millis(agents.mean_sec);
    object[field::p50_ms] = millis(agents.p50_sec);
    object[field::p95_ms] = millis(agents.p95_sec);
    object[field::errors_by_kind] = json_of(agents.errors_by_kind);
    return object;
}

Json json_of(const QueueFigures& queue) {
    Json object = Json::object();
    object[field::pending] = queue.pending;
    object[field::blocked] = queue.blocked;
    object[field::due] = queue.due;
    return object;
}

Json json_of(const ReleaseTimes& times) {
    Json object = Json::object();
    object[field::release_id] = times.id.value;
    object[field::version] = times.version.value;
    object[field::status] = std::string(to_text(times.status));
    object[field::queued_sec] = seconds_or_null(times.queued);
    object[field::worked_sec] = seconds_or_null(times.worked);
    object[field::waited_sec] = seconds_or_null(times.waited);
    object[field::to50_sec] = seconds_or_null(times.to_50);
    object[field::to90_sec] = seconds_or_null(times.to_90);
    object[field::to100_sec] = seconds_or_null(times.to_100);
    return object;
}

Json json_of_database(const Stats& stats) {
    Json data = Json::object();
    data[field::queue] = json_of(stats.queue);
    Json running = Json::object();
    running[field::releases] = stats.running_releases;
    running[field::nodes] = stats.running_nodes;
    data[field::running] = std::move(running);
    Json nodes = json_of(stats.finished_nodes);
    for (const char* status : {"success", "failed", "skipped", "deferred", "cancelled"}) {
        if (!nodes.contains(status)) nodes[status] = 0;
    }
    nodes[field::failed_by_kind] = json_of(stats.failed_by_kind);
    data[field::nodes] = std::move(nodes);
    Json releases = Json::array();
    for (const ReleaseTimes& times : stats.releases)
        releases.push_back(json_of(times));
    data[field::releases] = std::move(releases);
    return data;
}

}  // namespace

StatsRoutes::StatsRoutes(const ApiParts& parts)
    : metrics_(parts.metrics),
      load_(parts.load),
      stats_(parts.executor, parts.clock, [&store = parts.store] { return store.stats(); }) {}

void StatsRoutes::add_to(tls::Router& router, Guard& guard) {
    router.add("GET", "/api/v1/stats", guard.guarded(Role::viewer, [this](Request request, Caller) {
        return show(std::move(request));
    }));
}

awaitable<Response> StatsRoutes::show(Request request) {
    if (auto known = only_parameters(request, {}); !known) co_return refuse(known.error());
    const auto stats = co_await stats_.get(stats_patience, stats_fresh_for);
    if (!stats) co_return refuse(stats.error());
    Json data = json_of_database(*stats);
    data[field::slots] = load_ ? json_of(load_()) : Json(nullptr);
    data[field::agents] = load_ ? json_of(metrics_.agents()) : Json(nullptr);
    co_return answer(data);
}

}  // namespace edgeroll::control::api
