#include "control/api/event_routes.hpp"

#include <charconv>
#include <utility>

#include "control/api/event_view.hpp"
#include "control/api/names/field_names.hpp"
#include "control/api/request_reader.hpp"
#include "control/api/respond.hpp"

namespace edgeroll::control::api {
namespace {

using release::Result;
using release::wire::Json;
using tls::Request;
using tls::Response;

constexpr const char* last_event_header = "last-event-id";

Result<std::int64_t> event_id(const std::string& text, const char* what) {
    std::int64_t id = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    if (error != std::errc() || end != text.data() + text.size() || id < 0) {
        return invalid(std::string(what) + " must be the id of an event: an integer from 0 on");
    }
    return id;
}

Result<std::int64_t> after_parameter(const Request& request) {
    const auto found = request.parameters.find("after");
    if (found == request.parameters.end() || found->second.empty()) return 0;
    return event_id(found->second, "parameter 'after'");
}

Result<bool> wants_to_follow(const Request& request) {
    const auto number = number_parameter(request, "follow", 0, 0, 1);
    if (!number) return tl::unexpected(number.error());
    return *number == 1;
}

bool is_resuming(const Request& request) {
    const auto found = request.headers.find(last_event_header);
    return found != request.headers.end() && !found->second.empty();
}

/// Where a stream resumes: a browser that reconnects repeats its first address, so its header takes
/// precedence over the parameter.
Result<std::int64_t> resume_point(const Request& request) {
    if (!is_resuming(request)) return after_parameter(request);
    return event_id(request.headers.at(last_event_header), "header Last-Event-ID");
}

struct Range {
    std::int64_t after = 0;
    int page = 1, page_size = 20;
};

Result<Range> read_range(const Request& request) {
    auto known = only_parameters(request, {"follow", "page", "pageSize", "after"});
    if (!known) return tl::unexpected(known.error());
    const auto after = after_parameter(request);
    if (!after) return tl::unexpected(after.error());
    const auto page = number_parameter(request, "page", 1, 1, 1'000'000);
    if (!page) return tl::unexpected(page.error());
    const auto page_size = number_parameter(request, "pageSize", 20, 1, event_page_size_max);
    if (!page_size) return tl::unexpected(page_size.error());
    Range range;
    range.after = *after;
    range.page = *page;
    range.page_size = *page_size;
    return range;
}

}  // namespace

EventRoutes::EventRoutes(const ApiParts& parts)
    : store_(parts.store),
      authenticator_(parts.authenticator),
      streams_(FeedParts{parts.executor, parts.store, parts.clock}) {}

void EventRoutes::add_to(tls::Router& router, Guard& guard) {
    Action action = [this](Request request, Caller caller) {
        return events(std::move(request), std::move(caller));
    };
    router.add("GET", "/api/v1/releases/{id}/events",
               guard.guarded(Role::viewer, std::move(action)));
}

awaitable<Response> EventRoutes::events(Request request, Caller caller) {
    const auto id = read_id(request, "release id");
    if (!id) co_return refuse(id.error());
    const auto follows = wants_to_follow(request);
    if (!follows) co_return refuse(follows.error());
    const release::ReleaseId release{*id};
    if (*follows) co_return co_await follow(std::move(request), release, std::move(caller));
    co_return co_await list(std::move(request), release);
}

awaitable<Response> EventRoutes::list(Request request, release::ReleaseId id) {
    const auto range = read_range(request);
    if (!range) co_return refuse(range.error());
    const auto page = co_await store_.events(id, range->after, range->page, range->page_size);
    if (!page) co_return refuse(page.error());
    Json items = Json::array();
    for (const EventView& event : page->items)
        items.push_back(json_of(event));
    Json data = Json::object();
    data[field::items] = std::move(items);
    data[field::total] = page->total;
    data[field::page] = range->page;
    data[field::page_size] = range->page_size;
    co_return answer(data);
}

awaitable<Response> EventRoutes::follow(Request request, release::ReleaseId id, Caller caller) {
    if (auto known = only_parameters(request, {"follow", "after"}); !known) {
        co_return refuse(known.error());
    }
    const auto after = resume_point(request);
    if (!after) co_return refuse(after.error());
    auto place = streams_.take_place(caller);
    if (!place) co_return refuse(place.error());
    const auto first = co_await store_.events(id, *after, 1, event_page_size_max);
    if (!first) co_return refuse(first.error());
    Response response;
    // The only answer that stops an EventSource from reconnecting.
    if (is_resuming(request) && is_final(first->status) && first->items.empty()) {
        response.status = 204;
        co_return response;
    }
    response.content_type = "text/event-stream";
    response.headers["Cache-Control"] = "no-store";
    response.headers["X-Accel-Buffering"] = "no";  // an nginx in front must not buffer
    std::function<bool()> is_admitted = [&authenticator = authenticator_,
                                         caller = std::move(caller)] {
        return authenticator.still_admits(caller);
    };
    response.next_chunk =
        streams_.follow(std::move(*place), id, *after, *first, std::move(is_admitted));
    co_return response;
}

}  // namespace edgeroll::control::api
