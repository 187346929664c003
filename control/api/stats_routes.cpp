#include <cmath>
#include <optional>
#include <utility>

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

Json json_of(const SlotUse& slots) {
    Json object = Json::object();
    object["inFlight"] = slots.in_flight;
    object["max"] = slots.max;
    object["busyShare"] =
        slots.max > 0 ? rounded(static_cast<double>(slots.in_flight) / slots.max, 0.001) : Json(0);
    return object;
}

Json json_of(const AgentFigures& agents) {
    Json object = Json::object();
    object["requests"] = agents.dispatches;
    const auto millis = [](std::optional<double> value) {
        return value ? rounded(*value * 1000.0, 0.1) : Json(nullptr);
    };
    object["meanMs"] = millis(agents.mean_sec);
    object["p50Ms"] = millis(agents.p50_sec);
    object["p95Ms"] = millis(agents.p95_sec);
    object["errorsByKind"] = json_of(agents.errors_by_kind);
    return object;
}

Json json_of(const QueueFigures& queue) {
    Json object = Json::object();
    object["pending"] = queue.pending;
    object["blocked"] = queue.blocked;
    object["due"] = queue.due;
    return object;
}

Json json_of(const ReleaseTimes& times) {
    Json object = Json::object();
    object["releaseId"] = times.id.value;
    object["version"] = times.version.value;
    object["status"] = std::string(to_text(times.status));
    object["queuedSec"] = seconds_or_null(times.queued);
    object["workedSec"] = seconds_or_null(times.worked);
    object["waitedSec"] = seconds_or_null(times.waited);
    object["to50Sec"] = seconds_or_null(times.to_50);
    object["to90Sec"] = seconds_or_null(times.to_90);
    object["to100Sec"] = seconds_or_null(times.to_100);
    return object;
}

Json json_of_database(const Stats& stats) {
    Json data = Json::object();
    data["queue"] = json_of(stats.queue);
    Json running = Json::object();
    running["releases"] = stats.running_releases;
    running["nodes"] = stats.running_nodes;
    data["running"] = std::move(running);
    Json nodes = json_of(stats.finished_nodes);
    for (const char* status : {"success", "failed", "skipped", "deferred", "cancelled"}) {
        if (!nodes.contains(status)) nodes[status] = 0;
    }
    nodes["failedByKind"] = json_of(stats.failed_by_kind);
    data["nodes"] = std::move(nodes);
    Json releases = Json::array();
    for (const ReleaseTimes& times : stats.releases)
        releases.push_back(json_of(times));
    data["releases"] = std::move(releases);
    return data;
}

}  // namespace

StatsRoutes::StatsRoutes(const ApiParts& parts)
    : metrics_(parts.metrics),
      slots_(parts.slots),
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
    data["slots"] = slots_ ? json_of(slots_()) : Json(nullptr);
    data["agents"] = slots_ ? json_of(metrics_.agents()) : Json(nullptr);
    co_return answer(data);
}

}  // namespace edgeroll::control::api
