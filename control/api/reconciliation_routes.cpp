#include <string>
#include <utility>

#include "control/api/names/field_names.hpp"
#include "control/api/request_reader.hpp"
#include "control/api/respond.hpp"
#include "control/api/routes.hpp"
#include "control/api/view_parts.hpp"

namespace edgeroll::control::api {
namespace {

using release::OwedNode;
using release::ReconcileDelay;
using release::ReconcileWait;
using release::Result;
using release::wire::Json;

constexpr std::size_t nodes_named_max = 10;
constexpr release::Millis patience{10'000};

std::string seconds_text(release::Millis span) {
    const auto seconds = (span.count() + 999) / 1000;
    if (seconds < 120) return std::to_string(seconds) + " s";
    if (seconds < 7'200) return std::to_string((seconds + 59) / 60) + " min";
    return std::to_string((seconds + 3'599) / 3'600) + " h";
}

/// Why the nodes wait, and for what, in words for people.
std::string text_of(const ReconcileDelay& delay, const release::ReconcileRules& rules) {
    const std::string until = delay.until ? " (in " + seconds_text(*delay.until) + ")" : "";
    switch (delay.why) {
        case ReconcileWait::stopped:
            return std::to_string(release::reconcile_failures_max) +
                   " nodes in a row have failed: an operator must continue it";
        case ReconcileWait::release:
            return "release " + std::to_string(delay.other ? delay.other->value : 0) +
                   " shares nodes with it, goes first, and is not finished";
        case ReconcileWait::under_way:
            return "other nodes of the same release are being served";
        case ReconcileWait::window:
            return "no window of the release is open" + until;
        case ReconcileWait::banned:
            return "the content is banned, or the release was rolled back";
        case ReconcileWait::content:
            return "the content is gone, or was changed since";
        case ReconcileWait::held:
            return "an unfinished release has the node";
        case ReconcileWait::agent:
            return "the node's agent cannot repair: install a newer one, or release to the node";
        case ReconcileWait::pause:
            return "it was served a while ago, and lacks the content again" + until;
        case ReconcileWait::pace:
            break;
    }
    if (delay.until) {
        return std::to_string(rules.per_minute) +
               " nodes were taken up within a minute (RECONCILE_PER_MINUTE)" + until;
    }
    return "its turn comes: one node first, then " + std::to_string(rules.max) +
           " at once (RECONCILE_MAX)";
}

Json named(const std::vector<OwedNode>& nodes) {
    Json list = Json::array();
    for (const OwedNode& node : nodes) {
        if (list.size() == nodes_named_max) break;
        Json one = Json::object();
        one[field::node_id] = node.node.value;
        one[field::node_name] = node.name;
        one[field::cause] = std::string(to_text(node.cause));
        list.push_back(std::move(one));
    }
    return list;
}

Json json_of(const ReconcileView& view) {
    Json json = Json::object();
    json[field::release_id] = view.release.value;
    json[field::node_id] = view.node.value;
    json[field::node_name] = word_or_null(view.name);
    json[field::cause] = view.cause;
    json[field::started_at] = word_or_null(view.taken_at);
    json[field::finished_at] = word_or_null(view.ended_at);
    json[field::outcome] = word_or_null(view.outcome);
    json[field::error_msg] = view.error;
    json[field::is_continued] = view.is_continued;
    return json;
}

Json list_of(const std::vector<ReconcileView>& views) {
    Json list = Json::array();
    for (const ReconcileView& view : views)
        list.push_back(json_of(view));
    return list;
}

std::string status_of(const release::ReconcileRules& rules, const ReconciliationView& view,
                      const release::ReconcilePlan& plan) {
    if (rules.mode == release::ReconcileMode::off) return "off";
    if (view.pace.failures >= release::reconcile_failures_max) return "stopped";
    if (!view.open.empty()) return "working";
    if (!plan.rounds.empty()) return "due";
    return plan.delays.empty() ? "idle" : "waiting";
}

release::Version version_of(const ReconciliationView& view, release::ReleaseId id) {
    for (const release::OwedRelease& release : view.releases) {
        if (release.id == id) return release.version;
    }
    return {};
}

}  // namespace

ReconciliationRoutes::ReconciliationRoutes(const ApiParts& parts)
    : store_(parts.store),
      rules_(parts.reconcile),
      views_(parts.executor, parts.clock,
             [&store = parts.store] { return store.reconciliation(); }) {}

void ReconciliationRoutes::add_to(tls::Router& router, Guard& guard) {
    router.add("GET", "/api/v1/reconciliation",
               guard.guarded(Role::viewer,
                             [this](Request request, Caller) { return show(std::move(request)); }));
    router.add("POST", "/api/v1/reconciliation/continue",
               guard.guarded(Role::admin, [this](Request request, Caller caller) {
                   return resume(std::move(request), std::move(caller));
               }));
}

awaitable<Response> ReconciliationRoutes::show(Request request) {
    const auto known = only_parameters(request, {});
    if (!known) co_return refuse(known.error());
    // Never an earlier answer: somebody may have continued it since.
    const auto view = co_await views_.get(patience, release::Millis{-1});
    if (!view) co_return refuse(view.error());
    const release::ReconcilePlan plan =
        release::plan_reconciliation(rules_, view->pace, view->releases);
    std::size_t owed = 0;
    Json next = Json::array(), waiting = Json::array();
    for (const release::ReconcileRound& round : plan.rounds) {
        Json one = Json::object();
        one[field::release_id] = round.release.value;
        one[field::version] = version_of(*view, round.release).value;
        one[field::count] = round.nodes.size();
        one[field::nodes] = named(round.nodes);
        owed += round.nodes.size();
        next.push_back(std::move(one));
    }
    for (const ReconcileDelay& delay : plan.delays) {
        Json one = Json::object();
        one[field::release_id] = delay.release.value;
        one[field::version] = version_of(*view, delay.release).value;
        one[field::waits_for] = std::string(to_text(delay.why));
        one[field::text] = text_of(delay, rules_);
        one[field::wait_sec] = delay.until ? Json((delay.until->count() + 999) / 1000) : Json();
        one[field::count] = delay.nodes.size();
        one[field::nodes] = named(delay.nodes);
        owed += delay.nodes.size();
        waiting.push_back(std::move(one));
    }
    Json data = Json::object();
    data[field::status] = status_of(rules_, *view, plan);
    data[field::mode] = std::string(to_text(rules_.mode));
    data[field::max] = rules_.max;
    data[field::per_minute] = rules_.per_minute;
    data[field::failures_in_a_row] = view->pace.failures;
    data[field::taken_last_minute] = view->pace.taken;
    data[field::owed] = owed;
    data[field::open] = list_of(view->open);
    data[field::next] = std::move(next);
    data[field::waiting] = std::move(waiting);
    data[field::recent] = list_of(view->recent);
    co_return answer(data);
}

awaitable<Response> ReconciliationRoutes::resume(Request request, Caller caller) {
    if (const auto known = only_parameters(request, {}); !known) co_return refuse(known.error());
    auto body = Result<Json>(Json::object());
    if (!request.body.empty()) body = read_body(request, {"reason"});
    if (!body) co_return refuse(body.error());
    const auto reason = bounded_text(*body, field::reason, reason_bytes_max);
    if (!reason) co_return refuse(reason.error());
    ContinueRequest wanted;
    wanted.reason = *reason;
    wanted.by = asker_of(request, caller);
    const auto forgiven = co_await store_.continue_reconciliation(std::move(wanted));
    if (!forgiven) co_return refuse(forgiven.error());
    Json data = Json::object();
    data[field::outcome] = *forgiven > 0 ? "continued" : "unchanged";
    data[field::failures] = *forgiven;
    co_return answer(data);
}

}  // namespace edgeroll::control::api
