#include "control/api/new_release.hpp"

#include <algorithm>
#include <utility>

#include "control/api/names/field_names.hpp"
#include "control/api/ports/version_bound.hpp"
#include "control/api/request_reader.hpp"
#include "control/api/respond.hpp"
#include "control/api/rfc3339.hpp"
#include "release/crypto/sha256.hpp"
#include "release/text/digits.hpp"
#include "release/text/web_url.hpp"
#include "release/wire/batch_config.hpp"
#include "release/wire/json_util.hpp"
#include "release/words.hpp"

namespace edgeroll::control::api {
namespace {

using release::Result;
using release::wire::Json;

constexpr std::size_t key_bytes_max = 200;

Result<void> read_kind(const Json& body, NewRelease& wanted) {
    const auto target = release::wire::required_text(body, field::target);
    if (!target) return tl::unexpected(target.error());
    if (*target != "cdn") return invalid("field 'target' must be cdn");
    const auto type = release::wire::optional_text(body, field::type);
    if (!type) return tl::unexpected(type.error());
    if (*type) {
        wanted.type = release::from_text<release::TaskType>(**type);
        if (!wanted.type) {
            return invalid("field 'type' must be " + release::listed<release::TaskType>(" or "));
        }
    }
    wanted.target = *target;
    return {};
}

Result<void> read_content(const Json& body, NewRelease& wanted) {
    const auto version = release::wire::optional_integer(body, field::version);
    if (!version) return tl::unexpected(version.error());
    if (*version) {
        if (**version <= 0) return invalid("field 'version' must be above 0");
        if (**version > version_max) {
            return invalid(std::string("field 'version' ") + version_bound_text);
        }
        wanted.version = release::Version{**version};
    }
    const auto is_reload_only = release::wire::optional_flag(body, request_field::reload_only);
    if (!is_reload_only) return tl::unexpected(is_reload_only.error());
    wanted.is_reload_only = is_reload_only->value_or(false);
    const auto source = release::wire::optional_integer(body, request_field::from_release);
    if (!source) return tl::unexpected(source.error());
    if (*source) {
        if (**source <= 0) return invalid("field 'from_release' must be the id of a release");
        if (wanted.is_reload_only) {
            return invalid("fields 'from_release' and 'reload_only' are both given: leave one out");
        }
        wanted.from_release = release::ReleaseId{**source};
    }
    return {};
}

Result<void> read_flags(const Json& body, NewRelease& wanted) {
    const auto is_forced = release::wire::optional_flag(body, field::force);
    if (!is_forced) return tl::unexpected(is_forced.error());
    wanted.is_forced = is_forced->value_or(false);
    const auto supersedes = release::wire::optional_flag(body, field::supersede);
    if (!supersedes) return tl::unexpected(supersedes.error());
    wanted.supersedes = supersedes->value_or(false);
    return {};
}

/// The callback carries the result, and its path may hold a secret: plain http only to this
/// machine.
Result<void> read_callback(const Json& body, NewRelease& wanted) {
    auto text = release::wire::optional_text(body, request_field::callback_url);
    if (!text) return tl::unexpected(text.error());
    if (!*text) return {};
    const auto url = release::parse_web_url(**text);
    if (!url) return invalid("field 'callback_url' must be " + url.error().message);
    if (!url->is_https && !release::is_loopback(*url)) {
        return invalid("field 'callback_url' must be an https URL (http only to this machine)");
    }
    wanted.callback_url = std::move(**text);
    return {};
}

Result<void> read_rules(const Json& body, NewRelease& wanted) {
    const auto not_before = release::wire::optional_text(body, request_field::not_before);
    if (!not_before) return tl::unexpected(not_before.error());
    if (*not_before) {
        auto moment = normal_time(**not_before);
        if (!moment) {
            return invalid(
                "field 'not_before' must be RFC 3339 with a zone, before 2038, e.g. "
                "2026-01-31T08:00:00Z");
        }
        wanted.not_before = std::move(*moment);
    }
    const auto config = body.find("batch_config");
    if (config == body.end() || config->is_null()) return {};
    if (config->is_string() &&
        config->get_ref<const std::string&>().find_first_not_of(" \t\r\n") == std::string::npos) {
        return invalid(
            "field 'batch_config' is an empty text: leave it out for the defaults, or give an "
            "object");
    }
    if (!config->is_object()) return invalid("field 'batch_config' must be an object");
    std::string text = release::wire::dump_json(*config);
    const auto policy = release::wire::parse_batch_config(text);
    if (!policy) return tl::unexpected(policy.error());
    wanted.batch_config = std::move(text);
    return {};
}

Result<void> read_preview(const Json& body, NewRelease& wanted) {
    const auto is_dry_run = release::wire::optional_flag(body, request_field::dry_run);
    if (!is_dry_run) return tl::unexpected(is_dry_run.error());
    wanted.is_dry_run = is_dry_run->value_or(false);
    const auto plan = release::wire::optional_text(body, field::plan_sha256);
    if (!plan) return tl::unexpected(plan.error());
    if (!*plan) return {};
    if (!release::is_sha256_hex(**plan)) {
        return invalid("field 'planSha256' must be 64 hex digits, as a dry run answered them");
    }
    wanted.expected_plan_sha256 = **plan;
    for (char& c : wanted.expected_plan_sha256) {
        if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
    }
    return {};
}

Result<void> read_key(const tls::Request& request, const Json& body, NewRelease& wanted) {
    const auto header = request.headers.find("idempotency-key");
    if (header == request.headers.end()) return {};
    const std::string& key = header->second;
    const bool is_plain = std::all_of(key.begin(), key.end(), [](char c) {
        return c > ' ' && static_cast<unsigned char>(c) < 0x7F;
    });
    if (key.empty() || key.size() > key_bytes_max || !is_plain) {
        return invalid("the Idempotency-Key header must be 1 to 200 visible ASCII characters");
    }
    wanted.idempotency_key = key;
    // Digest of the value, not of the text: a client may write the same body in another order.
    wanted.request_sha256 = release::sha256_hex(release::wire::dump_json(body));
    return {};
}

}  // namespace

Result<NewRelease> read_new_release(const tls::Request& request, const Caller& caller) {
    if (auto known = only_parameters(request, {}); !known) return tl::unexpected(known.error());
    const auto body = read_body(request, {"target", "type", "version", "reload_only", "reason",
                                          "batch_config", "not_before", "callback_url", "supersede",
                                          "from_release", "force", "dry_run", "planSha256"});
    if (!body) return tl::unexpected(body.error());
    NewRelease wanted;
    wanted.created_by = caller.name;
    wanted.by = asker_of(request, caller);
    auto reason = bounded_text(*body, field::reason, reason_bytes_max);
    if (!reason) return tl::unexpected(reason.error());
    wanted.reason = std::move(*reason);
    for (auto* read :
         {&read_kind, &read_content, &read_flags, &read_callback, &read_rules, &read_preview}) {
        if (auto done = (*read)(*body, wanted); !done) return tl::unexpected(done.error());
    }
    if (auto done = read_key(request, *body, wanted); !done) return tl::unexpected(done.error());
    return wanted;
}

}  // namespace edgeroll::control::api
