#include <limits>
#include <string>
#include <utility>

#include "control/api/names/field_names.hpp"
#include "control/api/request_reader.hpp"
#include "control/api/respond.hpp"
#include "control/api/routes.hpp"
#include "control/api/view_parts.hpp"

namespace edgeroll::control::api {
namespace {

using release::Result;
using release::wire::Json;

constexpr std::size_t gate_bytes_max = 32;

Result<EvidenceFilter> read_evidence_filter(const Request& request) {
    const auto id = read_id(request, "release id");
    if (!id) return tl::unexpected(id.error());
    auto known = only_parameters(request, {"batch", "gate", "page", "pageSize"});
    if (!known) return tl::unexpected(known.error());
    const auto batch =
        number_parameter(request, "batch", 0, 1, std::numeric_limits<std::int32_t>::max());
    if (!batch) return tl::unexpected(batch.error());
    auto gate = text_parameter(request, "gate", gate_bytes_max);
    if (!gate) return tl::unexpected(gate.error());
    const auto page = number_parameter(request, "page", 1, 1, 1'000'000);
    if (!page) return tl::unexpected(page.error());
    const auto page_size = number_parameter(request, "pageSize", 20, 1, 100);
    if (!page_size) return tl::unexpected(page_size.error());
    EvidenceFilter filter;
    filter.id = release::ReleaseId{*id};
    if (*batch > 0) filter.batch = *batch;
    filter.gate = std::move(*gate);
    filter.page = *page;
    filter.page_size = *page_size;
    return filter;
}

Json json_of(const EvidenceView& row) {
    Json json = Json::object();
    json[field::id] = row.id;
    json[field::batch] = row.batch;
    json[field::at] = word_or_null(row.at);
    json[field::gate] = row.gate;
    json[field::verdict] = row.verdict;
    json[field::is_decisive] = row.is_decisive;
    json[field::rule] = row.rule;
    json[field::summary] = row.summary;
    json[field::detail] = detail_or_null(row.detail);
    return json;
}

}  // namespace

void EvidenceRoutes::add_to(tls::Router& router, Guard& guard) {
    router.add("GET", "/api/v1/releases/{id}/evidence",
               guard.guarded(Role::viewer,
                             [this](Request request, Caller) { return list(std::move(request)); }));
}

awaitable<Response> EvidenceRoutes::list(Request request) {
    const auto filter = read_evidence_filter(request);
    if (!filter) co_return refuse(filter.error());
    const auto page = co_await store_.evidence(*filter);
    if (!page) co_return refuse(page.error());
    Json items = Json::array();
    for (const EvidenceView& row : page->items)
        items.push_back(json_of(row));
    Json data = Json::object();
    data[field::items] = std::move(items);
    data[field::total] = page->total;
    data[field::page] = filter->page;
    data[field::page_size] = filter->page_size;
    co_return answer(data);
}

}  // namespace edgeroll::control::api
