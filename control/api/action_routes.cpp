#include <initializer_list>
#include <string>
#include <utility>

#include "control/api/names/field_names.hpp"
#include "control/api/request_reader.hpp"
#include "control/api/respond.hpp"
#include "control/api/routes.hpp"
#include "control/api/views.hpp"

namespace edgeroll::control::api {
namespace {

using release::Result;
using release::Steering;
using release::wire::Json;

constexpr std::size_t nodes_max = 10'000;

/// Reads the body and the common part of every action: caller, release, reason. The body may be
/// empty.
Result<Json> read_action(Request& request, const Caller& caller, ActionRequest& wanted,
                         std::initializer_list<std::string_view> known) {
    if (auto fine = only_parameters(request, {}); !fine) return tl::unexpected(fine.error());
    const auto id = read_id(request, "release id");
    if (!id) return tl::unexpected(id.error());
    wanted.id = release::ReleaseId{*id};
    wanted.actor = caller.name;
    wanted.by = asker_of(request, caller);
    if (request.body.empty()) request.body = "{}";
    auto body = read_body(request, known);
    if (!body) return body;
    auto reason = bounded_text(*body, field::reason, reason_bytes_max);
    if (!reason) return tl::unexpected(reason.error());
    wanted.reason = std::move(*reason);
    return body;
}

Result<std::vector<release::NodeReference>> read_nodes(const Json& body) {
    std::vector<release::NodeReference> nodes;
    const auto found = body.find("nodes");
    if (found == body.end() || found->is_null()) return nodes;
    const char* shape = "field 'nodes' must be a list of 1 to 10000 node ids or names";
    if (!found->is_array() || found->empty() || found->size() > nodes_max) return invalid(shape);
    for (const Json& one : *found) {
        if (one.is_number_integer() && one > 0) {
            nodes.emplace_back(release::NodeId{one.get<std::int64_t>()});
        } else if (one.is_string() && !one.get_ref<const std::string&>().empty()) {
            nodes.emplace_back(one.get<std::string>());
        } else {
            return invalid(shape);
        }
    }
    return nodes;
}

/// null is a value here: it removes the limit.
std::optional<std::string> given(const Json& body, const char* field) {
    const auto found = body.find(field);
    if (found == body.end()) return std::nullopt;
    return release::wire::dump_json(*found);
}

}  // namespace

void ActionRoutes::add_to(tls::Router& router, Guard& guard) {
    constexpr std::array steering{std::pair{"pause-batch", Steering::pause},
                                  std::pair{"continue-batch", Steering::resume},
                                  std::pair{"stop-batch", Steering::stop}};
    const std::string one = "/api/v1/releases/{id}";
    for (const auto& [name, action] : steering) {
        Action work = [this, action = action](Request request, Caller caller) {
            return steer(std::move(request), std::move(caller), action);
        };
        RouteRules rules;
        rules.is_urgent = action != Steering::resume;
        router.add("POST", one + "/" + name, guard.guarded(Role::admin, std::move(work), rules));
    }
    RouteRules many_nodes;
    many_nodes.body_bytes_max = body_bytes_max;
    Action again = [this](Request request, Caller caller) {
        return retry(std::move(request), std::move(caller));
    };
    router.add("POST", one + "/retry", guard.guarded(Role::admin, std::move(again), many_nodes));
    router.add("POST", one + "/rollback",
               guard.guarded(Role::admin, [this](Request request, Caller caller) {
                   return roll_back(std::move(request), std::move(caller));
               }));
    router.add("PATCH", one, guard.guarded(Role::admin, [this](Request request, Caller caller) {
        return limit(std::move(request), std::move(caller));
    }));
}

void ActionRoutes::look() const {
    if (steered_) steered_();
}

awaitable<Response> ActionRoutes::steer(Request request, Caller caller, Steering action) {
    SteerRequest wanted;
    wanted.action = action;
    const bool is_stop = action == Steering::stop;
    const auto body = is_stop ? read_action(request, caller, wanted, {"reason", "force"})
                              : read_action(request, caller, wanted, {"reason"});
    if (!body) co_return refuse(body.error());
    const auto is_forced = release::wire::optional_flag(*body, field::force);
    if (!is_forced) co_return refuse(is_forced.error());
    if (is_forced->value_or(false)) co_return co_await force_stop(std::move(wanted));
    const auto view = co_await store_.steer(std::move(wanted));
    if (!view) co_return refuse(view.error());
    look();
    co_return answer(json_of_steered(*view, node_timeout_));
}

awaitable<Response> ActionRoutes::force_stop(ActionRequest wanted) {
    if (wanted.reason.find_first_not_of(" \t\r\n") == std::string::npos) {
        const auto nothing = invalid("field 'reason' must say why the release is stopped by force");
        co_return refuse(nothing.value());
    }
    const auto stopped = co_await store_.force_stop(std::move(wanted));
    if (!stopped) co_return refuse(stopped.error());
    look();
    co_return answer(json_of(*stopped, node_timeout_));
}

awaitable<Response> ActionRoutes::retry(Request request, Caller caller) {
    RetryRequest wanted;
    const auto body = read_action(request, caller, wanted, {"reason", "nodes"});
    if (!body) co_return refuse(body.error());
    auto nodes = read_nodes(*body);
    if (!nodes) co_return refuse(nodes.error());
    wanted.nodes = std::move(*nodes);
    const auto retried = co_await store_.retry(std::move(wanted));
    if (!retried) co_return refuse(retried.error());
    look();
    co_return answer(json_of(*retried, node_timeout_));
}

awaitable<Response> ActionRoutes::roll_back(Request request, Caller caller) {
    RollbackRequest wanted;
    const auto body =
        read_action(request, caller, wanted, {"reason", "force", "dry_run", "abort", "fast"});
    if (!body) co_return refuse(body.error());
    const auto is_forced = release::wire::optional_flag(*body, field::force);
    if (!is_forced) co_return refuse(is_forced.error());
    wanted.is_forced = is_forced->value_or(false);
    const auto is_dry_run = release::wire::optional_flag(*body, request_field::dry_run);
    if (!is_dry_run) co_return refuse(is_dry_run.error());
    wanted.is_dry_run = is_dry_run->value_or(false);
    const auto is_abort = release::wire::optional_flag(*body, request_field::abort);
    if (!is_abort) co_return refuse(is_abort.error());
    wanted.is_abort = is_abort->value_or(false);
    const auto is_fast = release::wire::optional_flag(*body, request_field::fast);
    if (!is_fast) co_return refuse(is_fast.error());
    wanted.is_fast = is_fast->value_or(false);
    const auto done = co_await store_.roll_back(std::move(wanted));
    if (!done) co_return refuse(done.error());
    if (!is_dry_run->value_or(false)) look();
    co_return answer(json_of(*done));
}

awaitable<Response> ActionRoutes::limit(Request request, Caller caller) {
    LimitRequest wanted;
    const auto body =
        read_action(request, caller, wanted, {"reason", "max_parallel", "max_parallel_per"});
    if (!body) co_return refuse(body.error());
    wanted.change.max_parallel = given(*body, request_field::max_parallel);
    wanted.change.max_parallel_per = given(*body, request_field::max_parallel_per);
    if (!wanted.change.max_parallel && !wanted.change.max_parallel_per) {
        const auto nothing = invalid("the body must have max_parallel or max_parallel_per");
        co_return refuse(nothing.value());
    }
    const auto release = co_await store_.limit(std::move(wanted));
    if (!release) co_return refuse(release.error());
    look();
    co_return answer(json_of_limits(*release));
}

}  // namespace edgeroll::control::api
