#include "release/text/utf8.hpp"
#include "release/wire/agent_messages.hpp"
#include "release/wire/invalid.hpp"
#include "release/wire/json_util.hpp"
#include "release/wire/payload.hpp"
#include "release/wire/seconds.hpp"
#include "release/words.hpp"

#include "release/text/digits.hpp"

namespace edgeroll::release::wire {
namespace {

constexpr std::size_t task_id_bytes_max = 200;
constexpr std::size_t banned_max = 100;
constexpr std::size_t order_id_bytes_max = 64;
// The data about a node is no longer than the columns of `nodes`, and fits into the agent's
// journal.
constexpr std::size_t labels_max = 1000;
constexpr std::size_t labels_bytes_max = 64U << 10;
constexpr std::size_t node_name_bytes_max = 255 * 4;
constexpr std::size_t node_ip_bytes_max = 255;

Result<Labels> read_labels(const Json& body) {
    Labels labels;
    const auto found = body.find("labels");
    if (found == body.end() || found->is_null()) return labels;
    if (!found->is_object()) return invalid("field 'labels' must be an object of strings");
    std::size_t bytes = 0;
    for (const auto& [name, value] : found->items()) {  // ascending: the library uses a std::map
        if (!value.is_string()) return invalid("field 'labels' must be an object of strings");
        const auto& text = value.get_ref<const std::string&>();
        // Names and values are written to environment variables and files.
        if (name.empty() || has_control_character(name) || has_control_character(text)) {
            return invalid("field 'labels' has an empty name or a control character");
        }
        bytes += name.size() + text.size();
        if (labels.size() == labels_max || bytes > labels_bytes_max) {
            return invalid(
                "field 'labels' must have at most 1000 labels, and 65536 bytes of names "
                "and values together");
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
    if (dispatch.node_name.size() > node_name_bytes_max ||
        dispatch.node_ip.size() > node_ip_bytes_max) {
        return invalid(
            "field 'node' must have a name of at most 1020 bytes and an ip of at most 255");
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
    const auto word = required_text(body, "type");
    if (!word) return tl::unexpected(word.error());
    const auto type = from_text<TaskType>(*word);
    if (!type) {
        return invalid("field 'type' must be " + listed<TaskType>(" or ") + ": '" +
                       cut_utf8(*word, 64) + "' is not supported");
    }
    const auto version = required_integer(body, "version");
    if (!version) return tl::unexpected(version.error());
    if (*version <= 0) return invalid("field 'version' must be above 0");
    dispatch.task_id = std::move(*task_id);
    dispatch.type = *type;
    dispatch.version = Version{*version};
    return {};
}

Result<void> read_banned(const Json& body, Dispatch& dispatch) {
    const auto found = body.find("banned");
    if (found == body.end() || found->is_null()) return {};
    const auto refuse = [] {
        return invalid("field 'banned' must be a list of at most 100 digests of 64 hex digits");
    };
    if (!found->is_array() || found->size() > banned_max) return refuse();
    std::vector<std::string> banned;
    for (const Json& value : *found) {
        if (!value.is_string()) return refuse();
        banned.push_back(lower_hex(value.get<std::string>()));
        if (!is_sha256_hex(banned.back())) return refuse();
    }
    dispatch.banned = std::move(banned);
    return {};
}

Result<void> read_extras(const Json& body, Dispatch& dispatch) {
    auto sha256 = optional_text(body, "sha256");
    if (!sha256) return tl::unexpected(std::move(sha256.error()));
    dispatch.sha256 = lower_hex(sha256->value_or(""));
    if (!dispatch.sha256.empty() && !is_sha256_hex(dispatch.sha256)) {
        return invalid("field 'sha256' must be 64 hex digits");
    }
    auto order_id = optional_text(body, "orderId");
    if (!order_id) return tl::unexpected(std::move(order_id.error()));
    dispatch.order_id = order_id->value_or("");
    if (dispatch.order_id.size() > order_id_bytes_max || has_control_character(dispatch.order_id)) {
        return invalid("field 'orderId' must have at most 64 bytes and no control character");
    }
    auto content_sha256 = optional_text(body, "contentSha256");
    if (!content_sha256) return tl::unexpected(std::move(content_sha256.error()));
    dispatch.content_sha256 = lower_hex(content_sha256->value_or(""));
    if (!dispatch.content_sha256.empty() && !is_sha256_hex(dispatch.content_sha256)) {
        return invalid("field 'contentSha256' must be 64 hex digits");
    }
    const auto epoch = optional_integer(body, "epoch");
    if (!epoch) return tl::unexpected(epoch.error());
    if (*epoch && **epoch < 0) return invalid("field 'epoch' must not be negative");
    if (*epoch) dispatch.epoch = Epoch{**epoch};
    auto timeout = optional_seconds(body, "timeoutSec");
    if (!timeout) return tl::unexpected(std::move(timeout.error()));
    dispatch.timeout = *timeout;
    auto labels = read_labels(body);
    if (!labels) return tl::unexpected(std::move(labels.error()));
    dispatch.labels = std::move(*labels);
    const auto is_forced = optional_flag(body, "force");
    if (!is_forced) return tl::unexpected(is_forced.error());
    dispatch.is_forced = is_forced->value_or(false);
    const auto is_repair = optional_flag(body, "repair");
    if (!is_repair) return tl::unexpected(is_repair.error());
    dispatch.is_repair = is_repair->value_or(false);
    if (auto read = read_banned(body, dispatch); !read) return read;
    return read_node(body, dispatch);
}

Result<void> read_payload(const Json& body, Dispatch& dispatch) {
    const auto payload = body.find("payload");
    if (payload == body.end()) {
        // Agents keep no content of the other types.
        const bool may_refer = dispatch.type == TaskType::apply_config && !dispatch.sha256.empty();
        if (!may_refer) return invalid("field 'payload' is missing");
        dispatch.is_by_reference = true;
        return {};
    }
    if (!payload->is_object()) return invalid("field 'payload' must be an object");
    dispatch.payload = dump_json(*payload);
    return {};
}

}  // namespace

std::string write_dispatch(const Dispatch& dispatch) {
    return write_dispatch(dispatch, dispatch.payload);
}

std::string write_dispatch(const Dispatch& dispatch, std::string_view payload) {
    Json head = {{"taskId", dispatch.task_id},
                 {"type", std::string(to_text(dispatch.type))},
                 {"version", dispatch.version.value}};
    if (!dispatch.sha256.empty()) head["sha256"] = dispatch.sha256;
    if (!dispatch.order_id.empty()) head["orderId"] = dispatch.order_id;
    if (!dispatch.content_sha256.empty()) head["contentSha256"] = dispatch.content_sha256;
    if (dispatch.timeout) head["timeoutSec"] = seconds_of(*dispatch.timeout);
    if (dispatch.epoch) head["epoch"] = dispatch.epoch->value;
    if (!dispatch.node_name.empty() || !dispatch.node_ip.empty()) {
        head["node"] = {{"name", dispatch.node_name}, {"ip", dispatch.node_ip}};
    }
    for (const auto& [name, value] : dispatch.labels)
        head["labels"][name] = value;
    if (dispatch.is_forced) head["force"] = true;
    if (dispatch.is_repair) head["repair"] = true;
    if (dispatch.banned) head["banned"] = *dispatch.banned;
    std::string body = dump_json(head);
    if (dispatch.is_by_reference) return body;
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
    if (auto read = read_payload(*parsed, dispatch); !read) return tl::unexpected(read.error());
    return dispatch;
}

}  // namespace edgeroll::release::wire
