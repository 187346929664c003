#include <array>
#include <utility>

#include "control/api/gate_preview.hpp"
#include "control/api/names/field_names.hpp"
#include "control/api/new_release.hpp"
#include "control/api/request_reader.hpp"
#include "control/api/respond.hpp"
#include "control/api/routes.hpp"
#include "control/api/views.hpp"

namespace edgeroll::control::api {
namespace {

using release::Result;
using release::wire::Json;

Result<std::string> read_sort(const Request& request) {
    auto text = text_parameter(request, "sort", 32);
    if (!text || text->empty()) return text ? Result<std::string>("-id") : text;
    const bool is_descending = text->front() == '-';
    const std::string field = is_descending ? text->substr(1) : *text;
    // Names in answers and names of the columns.
    constexpr std::array<std::pair<std::string_view, std::string_view>, 7> fields{
        {{"id", "id"},
         {"version", "version"},
         {"status", "status"},
         {"createdAt", "created_at"},
         {"created_at", "created_at"},
         {"updatedAt", "updated_at"},
         {"updated_at", "updated_at"}}};
    for (const auto& [name, column] : fields) {
        if (field == name) return (is_descending ? "-" : "") + std::string(column);
    }
    return invalid(
        "parameter 'sort' must be id, version, status, createdAt or updatedAt, with - in front for "
        "descending");
}

Result<ReleaseFilter> read_filter(const Request& request) {
    auto known =
        only_parameters(request, {"status", "type", "createdBy", "q", "sort", "page", "pageSize"});
    if (!known) return tl::unexpected(known.error());
    ReleaseFilter filter;
    const auto status = text_parameter(request, "status", 32);
    if (!status) return tl::unexpected(status.error());
    if (!status->empty()) {
        filter.status = release::from_text<release::ReleaseStatus>(*status);
        if (!filter.status) {
            return invalid(
                "parameter 'status' must be pending, running, paused, success, failed or "
                "cancelled");
        }
    }
    auto type = text_parameter(request, "type", 64);
    auto created_by = text_parameter(request, "createdBy", 255);
    auto q = text_parameter(request, "q", 200);
    auto sort = read_sort(request);
    for (const auto* text : {&type, &created_by, &q, &sort}) {
        if (!*text) return tl::unexpected(text->error());
    }
    filter.type = std::move(*type);
    filter.created_by = std::move(*created_by);
    filter.q = std::move(*q);
    filter.sort = std::move(*sort);
    const auto page = number_parameter(request, "page", 1, 1, 1'000'000);
    if (!page) return tl::unexpected(page.error());
    const auto page_size = number_parameter(request, "pageSize", 20, 1, 100);
    if (!page_size) return tl::unexpected(page_size.error());
    filter.page = *page;
    filter.page_size = *page_size;
    return filter;
}

Result<release::ReleaseId> read_release_id(const Request& request) {
    const auto id = read_id(request, "release id");
    if (!id) return tl::unexpected(id.error());
    return release::ReleaseId{*id};
}

/// Nothing: steps are not requested. Outputs of commands have up to 64 KiB per step.
Result<std::optional<StepsWanted>> read_steps_wanted(const Request& request) {
    if (auto known = only_parameters(request, {"steps", "node"}); !known) {
        return tl::unexpected(known.error());
    }
    const auto steps = number_parameter(request, "steps", 0, 0, 1);
    if (!steps) return tl::unexpected(steps.error());
    auto node = text_parameter(request, "node", 255);
    if (!node) return tl::unexpected(node.error());
    if (*steps == 1) return StepsWanted{std::move(*node), std::nullopt};
    if (!node->empty()) return invalid("parameter 'node' needs steps=1");
    return std::nullopt;
}

}  // namespace

void ReleaseRoutes::add_to(tls::Router& router, Guard& guard) {
    router.add("GET", "/api/v1/releases/{id}",
               guard.guarded(Role::viewer,
                             [this](Request request, Caller) { return show(std::move(request)); }));
    router.add("GET", "/api/v1/releases",
               guard.guarded(Role::viewer,
                             [this](Request request, Caller) { return list(std::move(request)); }));
    RouteRules rules;
    rules.body_bytes_max = body_bytes_max;
    Action make = [this](Request request, Caller caller) {
        return create(std::move(request), std::move(caller));
    };
    router.add("POST", "/api/v1/releases", guard.guarded(Role::admin, std::move(make), rules));
}

awaitable<Response> ReleaseRoutes::show(Request request) {
    const auto id = read_release_id(request);
    if (!id) co_return refuse(id.error());
    const auto steps = read_steps_wanted(request);
    if (!steps) co_return refuse(steps.error());
    if (*steps) {
        const StepsWanted wanted = **steps;
        const auto with_steps = co_await store_.release_steps(*id, wanted);
        if (!with_steps) co_return refuse(with_steps.error());
        co_return answer(json_of_steps(*with_steps, node_timeout_));
    }
    const auto view = co_await store_.release(*id);
    if (!view) co_return refuse(view.error());
    co_return answer(json_of(*view, node_timeout_));
}

awaitable<Response> ReleaseRoutes::list(Request request) {
    auto filter = read_filter(request);
    if (!filter) co_return refuse(filter.error());
    const ReleaseFilter wanted = *filter;
    const auto page = co_await store_.releases(wanted);
    if (!page) co_return refuse(page.error());
    Json items = Json::array();
    for (const ReleaseSummary& release : page->items)
        items.push_back(json_of(release));
    Json data = Json::object();
    data[field::items] = std::move(items);
    data[field::total] = page->total;
    data[field::page] = wanted.page;
    data[field::page_size] = wanted.page_size;
    co_return answer(data);
}

awaitable<Response> ReleaseRoutes::create(Request request, Caller caller) {
    auto wanted = read_new_release(request, caller);
    if (!wanted) co_return refuse(wanted.error());
    const bool is_dry_run = wanted->is_dry_run;
    const auto created = co_await store_.create(std::move(*wanted));
    if (!created) co_return refuse(created.error());
    Json data = json_of(*created);
    if (is_dry_run && gates_ != nullptr) {
        data[field::gates_preview] = json_of(co_await preview_gates(executor_, *gates_, *created));
    }
    co_return answer(data);
}

}  // namespace edgeroll::control::api
