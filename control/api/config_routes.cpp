#include <string>
#include <utility>

#include "control/api/names/field_names.hpp"
#include "control/api/ports/version_bound.hpp"
#include "control/api/request_reader.hpp"
#include "control/api/respond.hpp"
#include "control/api/routes.hpp"
#include "control/api/views.hpp"
#include "release/wire/content.hpp"
#include "release/wire/payload.hpp"

namespace edgeroll::control::api {
namespace {

using release::Result;

constexpr std::size_t note_bytes_max = 4096;

Result<release::Version> read_version(const Request& request) {
    if (auto known = only_parameters(request, {}); !known) return tl::unexpected(known.error());
    const auto version = read_id(request, "version");
    if (!version) return tl::unexpected(version.error());
    return release::Version{*version};
}

Result<ConfigView> read_config(const Request& request, const Caller& caller) {
    const auto version = read_version(request);
    if (!version) return tl::unexpected(version.error());
    if (version->value > version_max) {
        return invalid(std::string("the version ") + version_bound_text);
    }
    auto body = read_body(request, {"payload", "note"}, release::wire::dispatch_bytes_max);
    if (!body) return tl::unexpected(std::move(body.error()));
    const auto payload = body->find("payload");
    if (payload == body->end()) return invalid("field 'payload' is missing");
    ConfigView config;
    config.version = *version;
    config.created_by = caller.name;
    config.by = asker_of(request, caller);
    config.payload = release::wire::dump_json(*payload);
    if (config.payload.size() > release::wire::payload_bytes_max) {
        return tl::unexpected(too_large(release::wire::payload_bytes_max));
    }
    auto kind = release::wire::read_content(config.payload);
    if (!kind) return tl::unexpected(kind.error());
    // `{}` tells agents to reload their content: as the content of a version it is a mistake.
    if (kind->is_empty) return invalid("payload: must have at least one file");
    config.sha256 = std::move(kind->sha256);
    auto note = bounded_text(*body, field::note, note_bytes_max);
    if (!note) return tl::unexpected(std::move(note.error()));
    config.note = std::move(*note);
    return config;
}

}  // namespace

void ConfigRoutes::add_to(tls::Router& router, Guard& guard) {
    router.add("GET", "/api/v1/configs/{version}",
               guard.guarded(Role::viewer, [this](Request request, Caller caller) {
                   return show(std::move(request), std::move(caller));
               }));
    RouteRules rules;
    rules.body_bytes_max = release::wire::dispatch_bytes_max;
    Action store = [this](Request request, Caller caller) {
        return put(std::move(request), std::move(caller));
    };
    router.add("PUT", "/api/v1/configs/{version}",
               guard.guarded(Role::admin, std::move(store), rules));
}

awaitable<Response> ConfigRoutes::show(Request request, Caller caller) {
    const auto version = read_version(request);
    if (!version) co_return refuse(version.error());
    const bool is_admin = caller.role == Role::admin;
    if (!co_await reads_.acquire()) {
        co_return refuse(release::code::busy, "too many contents are being read; try again");
    }
    Result<ShownConfig> config = release::fail("not read");
    try {
        config = co_await store_.config(
            *version, is_admin ? PayloadPart::files_and_content : PayloadPart::files);
    } catch (...) {
        reads_.release();
        throw;
    }
    reads_.release();
    if (!config) co_return refuse(config.error());
    co_return answer_text(text_of(*config));
}

awaitable<Response> ConfigRoutes::put(Request request, Caller caller) {
    auto config = read_config(request, caller);
    if (!config) co_return refuse(config.error());
    const auto stored = co_await store_.put_config(std::move(*config));
    if (!stored) co_return refuse(stored.error());
    co_return answer(json_of_stored(*stored));
}

}  // namespace edgeroll::control::api
