#include "control/api/node_change.hpp"

#include <algorithm>
#include <utility>

#include "control/api/names/field_names.hpp"
#include "control/api/request_reader.hpp"
#include "control/api/respond.hpp"
#include "control/core/node_address.hpp"
#include "release/text/digits.hpp"
#include "release/text/utf8.hpp"
#include "release/wire/json_util.hpp"

namespace edgeroll::control::api {
namespace {

using release::Result;
using release::wire::Json;

constexpr std::size_t labels_max = 64;

/// Renames column names to field names; refuses both names for one field.
Result<void> translate(Json& body) {
    constexpr std::pair<const char*, const char*> names[] = {
        {"main_ip", "mainIp"},
        {"agent_port", "agentPort"},
        {"cert_fingerprint", "certFingerprint"}};
    for (const auto& [column, field] : names) {
        const auto found = body.find(column);
        if (found == body.end()) continue;
        if (body.contains(field)) {
            return invalid(std::string("fields '") + column + "' and '" + field +
                           "' are the same: give one");
        }
        body[field] = Json(*found);
        body.erase(column);
    }
    return {};
}

bool is_node_name(const std::string& name) {
    if (name.empty() || name.size() > 200) return false;
    // The name is a DNS name in certificates and a word in logs, paths and environment variables.
    return std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '.' || c == '_';
    });
}

/// Separators and case are ignored in pasted text; an empty text removes the pin.
Result<std::string> read_fingerprint(const std::string& text) {
    std::string digits;
    for (const char c : text) {
        if (c == ':') continue;
        digits += c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    if (!digits.empty() && !release::is_sha256_hex(digits)) {
        return invalid("field 'certFingerprint' must be a SHA-256: 64 hex digits");
    }
    return digits;
}

Result<release::Labels> read_labels(const Json& value) {
    if (!value.is_object()) return invalid("field 'labels' must be an object of strings");
    if (value.size() > labels_max) return invalid("field 'labels' must have at most 64 entries");
    release::Labels labels;
    for (const auto& [name, text] : value.items()) {
        const bool is_name_good = is_node_name(name) && name.size() <= 63;
        if (!is_name_good) {
            return invalid("label '" + release::cut_utf8(name, 64) +
                           "': names are 1 to 63 letters, digits, '-', '.' or '_'");
        }
        if (!text.is_string() || text.get_ref<const std::string&>().size() > 255 ||
            release::has_control_character(text.get_ref<const std::string&>())) {
            return invalid("label '" + name +
                           "' must be a string of at most 255 bytes without "
                           "control characters");
        }
        labels.emplace_back(name, text.get<std::string>());
    }
    return labels;
}

Result<void> read_texts(const Json& body, NodeChangeRequest& change) {
    auto name = release::wire::optional_text(body, field::name);
    if (!name) return tl::unexpected(std::move(name.error()));
    if (*name && !is_node_name(**name)) {
        return invalid("field 'name' must be 1 to 200 letters, digits, '-', '.' or '_'");
    }
    change.name = std::move(*name);
    const auto ip = release::wire::optional_text(body, field::main_ip);
    if (!ip) return tl::unexpected(ip.error());
    if (*ip) {
        change.main_ip = normal_address(**ip);
        if (!change.main_ip) return invalid("field 'mainIp' must be an IPv4 or IPv6 address");
        if (is_no_host(*change.main_ip)) {
            return invalid(
                "field 'mainIp' must be the address of one machine: nobody can be asked at " +
                *change.main_ip);
        }
    }
    auto status = release::wire::optional_text(body, field::status);
    if (!status) return tl::unexpected(std::move(status.error()));
    if (*status && **status != "online" && **status != "offline" && **status != "maintenance") {
        return invalid("field 'status' must be online, offline or maintenance");
    }
    change.status = std::move(*status);
    const auto pin = release::wire::optional_text(body, field::cert_fingerprint);
    if (!pin) return tl::unexpected(pin.error());
    // Answers show a missing pin as null: null removes the pin.
    if (body.contains("certFingerprint")) {
        auto digits = read_fingerprint(pin->value_or(""));
        if (!digits) return tl::unexpected(std::move(digits.error()));
        change.cert_fingerprint = std::move(*digits);
    }
    return {};
}

Result<void> read_others(const Json& body, NodeChangeRequest& change) {
    const auto port = release::wire::optional_integer(body, field::agent_port);
    if (!port) return tl::unexpected(port.error());
    if (*port) {
        if (**port < 1 || **port > 65535)
            return invalid("field 'agentPort' must be from 1 to 65535");
        change.agent_port = static_cast<int>(**port);
    }
    const auto is_enabled = release::wire::optional_flag(body, field::enabled);
    if (!is_enabled) return tl::unexpected(is_enabled.error());
    change.is_enabled = *is_enabled;
    const auto labels = body.find("labels");
    if (labels == body.end() || labels->is_null()) return {};
    auto read = read_labels(*labels);
    if (!read) return tl::unexpected(std::move(read.error()));
    change.labels = std::move(*read);
    return {};
}

}  // namespace

Result<NodeChangeRequest> read_node_change(const tls::Request& request, bool is_new) {
    if (auto known = only_parameters(request, {}); !known) return tl::unexpected(known.error());
    auto body =
        read_body(request, {"name", "mainIp", "main_ip", "agentPort", "agent_port", "status",
                            "enabled", "labels", "certFingerprint", "cert_fingerprint"});
    if (!body) return tl::unexpected(std::move(body.error()));
    if (body->empty()) return invalid("the body names nothing to set");
    if (auto done = translate(*body); !done) return tl::unexpected(done.error());
    NodeChangeRequest change;
    if (auto done = read_texts(*body, change); !done) return tl::unexpected(done.error());
    if (auto done = read_others(*body, change); !done) return tl::unexpected(done.error());
    if (is_new && !change.name) return invalid("field 'name' is missing");
    if (is_new && !change.main_ip) return invalid("field 'mainIp' is missing");
    return change;
}

}  // namespace edgeroll::control::api
