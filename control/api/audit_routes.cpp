#include <utility>

#include "control/api/event_view.hpp"
#include "control/api/names/field_names.hpp"
#include "control/api/request_reader.hpp"
#include "control/api/respond.hpp"
#include "control/api/routes.hpp"

namespace edgeroll::control::api {
namespace {

using release::Result;
using release::wire::Json;

Result<AuditFilter> read_audit_filter(const Request& request) {
    auto known =
        only_parameters(request, {"actor", "action", "object", "since", "page", "pageSize"});
    if (!known) return tl::unexpected(known.error());
    auto actor = text_parameter(request, "actor", 255);
    auto action = text_parameter(request, "action", 64);
    auto object = text_parameter(request, "object", 255);
    auto since = text_parameter(request, "since", 64);
    for (const auto* text : {&actor, &action, &object, &since}) {
        if (!*text) return tl::unexpected(text->error());
    }
    AuditFilter filter;
    filter.actor = std::move(*actor);
    filter.action = std::move(*action);
    filter.object = std::move(*object);
    filter.since = std::move(*since);
    const auto page = number_parameter(request, "page", 1, 1, 1'000'000);
    if (!page) return tl::unexpected(page.error());
    const auto page_size = number_parameter(request, "pageSize", 20, 1, 100);
    if (!page_size) return tl::unexpected(page_size.error());
    filter.page = *page;
    filter.page_size = *page_size;
    return filter;
}

Json json_of(const AuditView& row) {
    Json json = Json::object();
    json[field::id] = row.id;
    json[field::at] = row.at.empty() ? Json(nullptr) : Json(row.at);
    json[field::actor] = row.actor;
    json[field::remote] = row.remote;
    json[field::action] = row.action;
    json[field::object] = row.object;
    json[field::detail] = detail_json(row.detail);
    json[field::prev_hash] = row.prev_hash;
    json[field::hash] = row.hash;
    return json;
}

}  // namespace

void AuditRoutes::add_to(tls::Router& router, Guard& guard) {
    router.add("GET", "/api/v1/audit", guard.guarded(Role::admin, [this](Request request, Caller) {
        return list(std::move(request));
    }));
}

awaitable<Response> AuditRoutes::list(Request request) {
    auto filter = read_audit_filter(request);
    if (!filter) co_return refuse(filter.error());
    const AuditFilter wanted = *filter;
    const auto page = co_await store_.audit(wanted);
    if (!page) co_return refuse(page.error());
    Json items = Json::array();
    for (const AuditView& row : page->items)
        items.push_back(json_of(row));
    Json data = Json::object();
    data[field::items] = std::move(items);
    data[field::total] = page->total;
    data[field::page] = wanted.page;
    data[field::page_size] = wanted.page_size;
    co_return answer(data);
}

}  // namespace edgeroll::control::api
