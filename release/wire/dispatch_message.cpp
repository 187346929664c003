#include <algorithm>
#include <cmath>

#include "release/wire/agent_messages.hpp"
#include "release/wire/json_util.hpp"
#include "release/wire/payload.hpp"
#include "release/wire/text_util.hpp"

namespace edgeroll::release::wire {
namespace {

constexpr std::size_t task_id_bytes_max = 200;
constexpr double timeout_seconds_max = 30.0 * 24 * 3600;

tl::unexpected<Error> invalid(std::string message) {
    return fail(std::move(message), Outcome::permanent, code::invalid);
}

Json seconds_of(Millis time) {
    const auto count = time.count();
    if (count % 1000 == 0) return count / 1000;
    return static_cast<double>(count) / 1000.0;
}

Result<std::optional<Millis>> read_timeout(const Json& body) {
    const auto found = body.find("timeoutSec");
    if (found == body.end() || found->is_null()) return std::optional<Millis>();
    if (!found->is_number()) return invalid("field 'timeoutSec' must be a number of seconds");
    const auto seconds = found->get<double>();
    if (!(seconds > 0) || seconds > timeout_seconds_max) {
        return invalid("field 'timeoutSec' must be above 0 and at most 2592000");
    }
    // Never 0: a rounded-down nothing would mean "no time left" to the one who reads it.
    return Millis(std::max<std::int64_t>(1, std::llround(seconds * 1000.0)));
}

Result<Labels> read_labels(const Json& body) {
    Labels labels;
    const auto found = body.find("labels");
    if (found == body.end() || found->is_null()) return labels;
    if (!found->is_object()) return invalid("field 'labels' must be an object of strings");
    for (const auto& [name, value] : found->items()) {  // ascending: the library keeps a std::map
        if (!value.is_string()) return invalid("field 'labels' must be an object of strings");
        const auto& text = value.get_ref<const std::string&>();
        // They end up in environment variables and files.
        if (name.empty() || has_control_character(name) || has_control_character(text)) {
            return invalid("field 'labels' has an empty name or a control character");
        }
        labels.emplace_back(name, text);
    }
    return labels;
}

Result<void> read_node(const Json& body, Dispatch& dispatch) {
    const auto found = body.find("node");
    if (found == body.end() || found->is_null()) return {};
    if (!found->is_object()) return invalid("field 'node' must be an object");
    auto name = optional_text(*found, "name");
    auto ip = optional_text(*found, "ip");
    if (!name) return tl::unexpected(std::move(name.error()));
    if (!ip) return tl::unexpected(std::move(ip.error()));
    dispatch.node_name = name->value_or("");
    dispatch.node_ip = ip->value_or("");
    if (has_control_character(dispatch.node_name) || has_control_character(dispatch.node_ip)) {
        return invalid("field 'node' has a control character");
    }
    return {};
}

Result<void> read_identity(const Json& body, Dispatch& dispatch) {
    auto task_id = required_text(body, "taskId");
    if (!task_id) return tl::unexpected(std::move(task_id.error()));
    if (task_id->empty() || task_id->size() > task_id_bytes_max ||
        has_control_character(*task_id)) {
        return invalid("field 'taskId' must have 1 to 200 bytes and no control character");
    }
    auto type = required_text(body, "type");
    if (!type) return tl::unexpected(std::move(type.error()));
    if (*type != "apply_config") {
        return invalid("field 'type' must be apply_config: '" + cut_utf8(*type, 64) +
                       "' is not supported");
    }
    const auto version = required_integer(body, "version");
    if (!version) return tl::unexpected(version.error());
    if (*version <= 0) return invalid("field 'version' must be above 0");
    dispatch.task_id = std::move(*task_id);
    dispatch.type = std::move(*type);
    dispatch.version = Version{*version};
    return {};
}

Result<void> read_extras(const Json& body, Dispatch& dispatch) {
    auto sha256 = optional_text(body, "sha256");
    if (!sha256) return tl::unexpected(std::move(sha256.error()));
    dispatch.sha256 = sha256->value_or("");
    if (!dispatch.sha256.empty() && !is_sha256_hex(dispatch.sha256)) {
        return invalid("field 'sha256' must be 64 hex digits");
    }
    for (char& c : dispatch.sha256) {
        if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
    }
    const auto epoch = optional_integer(body, "epoch");
    if (!epoch) return tl::unexpected(epoch.error());
    if (*epoch && **epoch < 0) return invalid("field 'epoch' must not be negative");
    if (*epoch) dispatch.epoch = Epoch{**epoch};
    auto timeout = read_timeout(body);
    if (!timeout) return tl::unexpected(std::move(timeout.error()));
    dispatch.timeout = *timeout;
    auto labels = read_labels(body);
    if (!labels) return tl::unexpected(std::move(labels.error()));
    dispatch.labels = std::move(*labels);
    return read_node(body, dispatch);
}

}  // namespace

std::string write_dispatch(const Dispatch& dispatch) {
    return write_dispatch(dispatch, dispatch.payload);
}

std::string write_dispatch(const Dispatch& dispatch, std::string_view payload) {
    Json head = {
        {"taskId", dispatch.task_id}, {"type", dispatch.type}, {"version", dispatch.version.value}};
    if (!dispatch.sha256.empty()) head["sha256"] = dispatch.sha256;
    constexpr Millis timeout_max{static_cast<Millis::rep>(timeout_seconds_max) * 1000};
    if (dispatch.timeout) head["timeoutSec"] = seconds_of(std::min(*dispatch.timeout, timeout_max));
    if (dispatch.epoch) head["epoch"] = dispatch.epoch->value;
    if (!dispatch.node_name.empty() || !dispatch.node_ip.empty()) {
        head["node"] = {{"name", dispatch.node_name}, {"ip", dispatch.node_ip}};
    }
    for (const auto& [name, value] : dispatch.labels)
        head["labels"][name] = value;
    std::string body = dump_json(head);
    body.reserve(body.size() + payload.size() + 16);
    body.pop_back();
    body += R"(,"payload":)";
    body += payload;
    body += '}';
    return body;
}

Result<Dispatch> read_dispatch(std::string_view body) {
    auto parsed = parse_json(body, dispatch_bytes_max);
    if (!parsed) return tl::unexpected(std::move(parsed.error()));
    if (!parsed->is_object()) return invalid("the body must be an object");
    Dispatch dispatch;
    if (auto read = read_identity(*parsed, dispatch); !read) return tl::unexpected(read.error());
    if (auto read = read_extras(*parsed, dispatch); !read) return tl::unexpected(read.error());
    const auto payload = parsed->find("payload");
    if (payload == parsed->end()) return invalid("field 'payload' is missing");
    if (!payload->is_object()) return invalid("field 'payload' must be an object");
    dispatch.payload = dump_json(*payload);
    return dispatch;
}

}  // namespace edgeroll::release::wire
