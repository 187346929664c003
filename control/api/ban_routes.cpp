#include <string>
#include <utility>

#include "control/api/names/field_names.hpp"
#include "control/api/ports/version_bound.hpp"
#include "control/api/request_reader.hpp"
#include "control/api/respond.hpp"
#include "control/api/routes.hpp"
#include "control/api/view_parts.hpp"
#include "release/text/digits.hpp"

namespace edgeroll::control::api {
namespace {

using release::Result;
using release::wire::Json;

constexpr std::size_t ban_key_bytes_max = 255;  // rows by SQL may have other texts than digests

Json json_of(const BanView& ban) {
    Json json = Json::object();
    json[field::sha256] = ban.sha256;
    json[field::reason] = ban.reason;
    json[field::created_by] = ban.created_by;
    json[field::created_at] = word_or_null(ban.created_at);
    return json;
}

Result<void> read_banned_content(const Json& body, BanRequest& wanted) {
    const auto sha256 = release::wire::optional_text(body, field::sha256);
    if (!sha256) return tl::unexpected(sha256.error());
    const auto version = release::wire::optional_integer(body, field::version);
    if (!version) return tl::unexpected(version.error());
    if (sha256->has_value() == version->has_value()) {
        return invalid("the body must have one of the fields 'sha256' and 'version'");
    }
    if (*sha256) {
        if (!release::is_sha256_hex(**sha256)) {
            return invalid("field 'sha256' must be the digest of a content: 64 hex digits");
        }
        wanted.sha256 = release::lower_hex(**sha256);
        return {};
    }
    if (**version <= 0) return invalid("field 'version' must be above 0");
    if (**version > version_max) {
        return invalid(std::string("field 'version' ") + version_bound_text);
    }
    wanted.version = release::Version{**version};
    return {};
}

Result<BanRequest> read_ban(const Request& request, const Caller& caller) {
    if (auto known = only_parameters(request, {}); !known) return tl::unexpected(known.error());
    const auto body = read_body(request, {"sha256", "version", "reason"});
    if (!body) return tl::unexpected(body.error());
    BanRequest wanted;
    if (auto content = read_banned_content(*body, wanted); !content) {
        return tl::unexpected(content.error());
    }
    auto reason = bounded_text(*body, field::reason, reason_bytes_max);
    if (!reason) return tl::unexpected(reason.error());
    if (reason->find_first_not_of(" \t\r\n") == std::string::npos) {
        return invalid("field 'reason' must say why the content is banned");
    }
    wanted.reason = std::move(*reason);
    wanted.created_by = caller.name;
    wanted.by = asker_of(request, caller);
    return wanted;
}

}  // namespace

void BanRoutes::add_to(tls::Router& router, Guard& guard) {
    router.add("GET", "/api/v1/bans", guard.guarded(Role::viewer, [this](Request request, Caller) {
        return list(std::move(request));
    }));
    router.add("POST", "/api/v1/bans",
               guard.guarded(Role::admin, [this](Request request, Caller caller) {
                   return add(std::move(request), std::move(caller));
               }));
    router.add("DELETE", "/api/v1/bans/{sha256}",
               guard.guarded(Role::admin, [this](Request request, Caller caller) {
                   return remove(std::move(request), std::move(caller));
               }));
}

awaitable<Response> BanRoutes::list(Request request) {
    const auto known = only_parameters(request, {"page", "pageSize"});
    if (!known) co_return refuse(known.error());
    const auto page = number_parameter(request, "page", 1, 1, 1'000'000);
    if (!page) co_return refuse(page.error());
    const auto page_size = number_parameter(request, "pageSize", 20, 1, 100);
    if (!page_size) co_return refuse(page_size.error());
    const auto bans = co_await store_.bans(*page, *page_size);
    if (!bans) co_return refuse(bans.error());
    Json items = Json::array();
    for (const BanView& ban : bans->items)
        items.push_back(json_of(ban));
    Json data = Json::object();
    data[field::items] = std::move(items);
    data[field::total] = bans->total;
    data[field::page] = *page;
    data[field::page_size] = *page_size;
    co_return answer(data);
}

awaitable<Response> BanRoutes::add(Request request, Caller caller) {
    auto wanted = read_ban(request, caller);
    if (!wanted) co_return refuse(wanted.error());
    const auto banned = co_await store_.add_ban(std::move(*wanted));
    if (!banned) co_return refuse(banned.error());
    Json data = json_of(banned->ban);
    data[field::outcome] = banned->is_new ? "banned" : "unchanged";
    co_return answer(data);
}

awaitable<Response> BanRoutes::remove(Request request, Caller caller) {
    const auto known = only_parameters(request, {});
    if (!known) co_return refuse(known.error());
    BanRemoval removal;
    removal.sha256 = request.captures.empty() ? "" : request.captures.front();
    if (!is_plain_text(removal.sha256, ban_key_bytes_max)) {
        const auto refused = invalid("the path must end with the digest of the ban");
        co_return refuse(refused.value());
    }
    removal.by = asker_of(request, caller);
    const auto removed = co_await store_.remove_ban(std::move(removal));
    if (!removed) co_return refuse(removed.error());
    co_return answer(json_of(*removed));
}

}  // namespace edgeroll::control::api
