#include <utility>

#include "control/api/names/field_names.hpp"
#include "control/api/node_change.hpp"
#include "control/api/request_reader.hpp"
#include "control/api/respond.hpp"
#include "control/api/routes.hpp"
#include "control/api/views.hpp"

namespace edgeroll::control::api {

using release::wire::Json;

void NodeRoutes::add_to(tls::Router& router, Guard& guard) {
    router.add("GET", "/api/v1/nodes", guard.guarded(Role::viewer, [this](Request request, Caller) {
        return list(std::move(request));
    }));
    router.add("POST", "/api/v1/nodes",
               guard.guarded(Role::admin, [this](Request request, Caller caller) {
                   return add(std::move(request), std::move(caller));
               }));
    router.add("PATCH", "/api/v1/nodes/{id}",
               guard.guarded(Role::admin, [this](Request request, Caller caller) {
                   return change(std::move(request), std::move(caller));
               }));
}

awaitable<Response> NodeRoutes::list(Request request) {
    const auto known = only_parameters(request, {"drift"});
    if (!known) co_return refuse(known.error());
    const auto is_drift_only = number_parameter(request, "drift", 0, 0, 1);
    if (!is_drift_only) co_return refuse(is_drift_only.error());
    const auto nodes = co_await store_.nodes();
    if (!nodes) co_return refuse(nodes.error());
    Json items = Json::array();
    for (const NodeView& node : *nodes) {
        if (node.drift != release::DriftKind::none || *is_drift_only == 0)
            items.push_back(json_of(node));
    }
    Json data = Json::object();
    data[field::total] = items.size();
    data[field::items] = std::move(items);
    co_return answer(data);
}

awaitable<Response> NodeRoutes::add(Request request, Caller caller) {
    auto wanted = read_node_change(request, true);
    if (!wanted) co_return refuse(wanted.error());
    wanted->by = asker_of(request, caller);
    const auto node = co_await store_.add_node(std::move(*wanted));
    if (!node) co_return refuse(node.error());
    co_return answer(json_of(*node));
}

awaitable<Response> NodeRoutes::change(Request request, Caller caller) {
    const auto id = read_id(request, "node id");
    if (!id) co_return refuse(id.error());
    auto wanted = read_node_change(request, false);
    if (!wanted) co_return refuse(wanted.error());
    wanted->by = asker_of(request, caller);
    const release::NodeId node_id{*id};
    const auto node = co_await store_.change_node(node_id, std::move(*wanted));
    if (!node) co_return refuse(node.error());
    co_return answer(json_of(*node));
}

}  // namespace edgeroll::control::api
