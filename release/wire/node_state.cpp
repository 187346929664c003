#include "release/wire/node_state.hpp"

#include <algorithm>
#include <utility>

#include "release/text/digits.hpp"
#include "release/text/utf8.hpp"
#include "release/wire/agent_messages.hpp"
#include "release/wire/invalid.hpp"
#include "release/wire/json_util.hpp"
#include "release/wire/json_words.hpp"

namespace edgeroll::release::wire {
namespace {

constexpr std::size_t state_bytes_max = 256U << 10;
constexpr std::size_t versions_max = 1'000;
constexpr std::size_t text_bytes_max = 500;
constexpr std::size_t column_bytes_max = 255;  ///< as the columns
constexpr int queue_most = 1'000'000;

Json text_or_null(const std::string& text) {
    return text.empty() ? Json(nullptr) : Json(text);
}

std::string text_in(const Json& data, const char* field) {
    return cut_utf8(optional_text(data, field).value_or(std::nullopt).value_or(""), text_bytes_max);
}

std::optional<std::string> digest_in(const Json& data, const char* field) {
    auto text = optional_text(data, field).value_or(std::nullopt);
    if (!text || !is_sha256_hex(*text)) return std::nullopt;
    return text;
}

std::optional<std::int64_t> number_in(const Json& data, const char* field) {
    const auto number = optional_integer(data, field).value_or(std::nullopt);
    return number && *number >= 0 ? number : std::nullopt;
}

std::optional<Version> version_in(const Json& data, const char* field) {
    const auto number = number_in(data, field);
    return number && *number > 0 ? std::optional(Version{*number}) : std::nullopt;
}

std::vector<Version> versions_in(const Json& data) {
    std::vector<Version> versions;
    const auto found = data.find("versions");
    if (found == data.end() || !found->is_array()) return versions;
    for (const Json& one : *found) {
        const bool is_version = one.is_number_integer() && one.get<std::int64_t>() > 0;
        if (is_version && versions.size() < versions_max)
            versions.push_back(Version{one.get<std::int64_t>()});
    }
    return versions;
}

std::optional<LastTask> last_task_in(const Json& data) {
    const auto found = data.find("lastTask");
    if (found == data.end() || !found->is_object()) return std::nullopt;
    LastTask task{text_in(*found, "taskId"), {}, {}, text_in(*found, "finishedAt")};
    const auto version = version_in(*found, "version");
    const auto status = from_text<TaskStatus>(text_in(*found, "status"));
    if (task.task_id.empty() || !version || !status) return std::nullopt;
    task.version = *version;
    task.status = *status;
    return task;
}

}  // namespace

std::string write_node_state(const NodeState& state) {
    Json versions = Json::array();
    for (const Version version : state.versions)
        versions.push_back(version.value);
    Json data = Json::object();
    data["appliedVersion"] =
        state.applied_version ? Json(state.applied_version->value) : Json(nullptr);
    data["sha256"] = text_or_null(state.sha256);
    data["versions"] = std::move(versions);
    data["agentVersion"] = state.agent_version;
    data["liveSha256"] = state.live_sha256 ? Json(*state.live_sha256) : Json(nullptr);
    data["liveIsWhole"] = state.live_is_whole ? Json(*state.live_is_whole) : Json(nullptr);
    data["liveRemark"] = text_or_null(state.live_remark);
    data["factsSha256"] = text_or_null(state.facts_sha256);
    data["capabilities"] = list_of_words(state.capabilities);
    data["evidence"] = state.evidence ? list_of_words(*state.evidence) : Json(nullptr);
    data["bootId"] = text_or_null(state.boot_id);
    data["diskFreeBytes"] = state.disk_free_bytes ? Json(*state.disk_free_bytes) : Json(nullptr);
    data["queue"] = state.queue;
    data["lastTask"] = nullptr;
    if (const auto& task = state.last_task) {
        data["lastTask"] = Json{{"taskId", task->task_id},
                                {"version", task->version.value},
                                {"status", std::string(to_text(task->status))},
                                {"finishedAt", text_or_null(task->finished_at)}};
    }
    return success_envelope(data);
}

Result<NodeState> read_node_state(int http_status, std::string_view body) {
    if (http_status != 200) return invalid("status " + std::to_string(http_status));
    const auto parsed = parse_json(body, state_bytes_max);
    if (!parsed) return tl::unexpected(parsed.error());
    const auto data = parsed->is_object() ? parsed->find("data") : parsed->end();
    if (data == parsed->end() || !data->is_object()) return invalid("the answer has no data");
    NodeState state;
    state.applied_version = version_in(*data, "appliedVersion");
    state.sha256 = digest_in(*data, "sha256").value_or("");
    state.versions = versions_in(*data);
    state.agent_version = text_in(*data, "agentVersion");
    state.live_sha256 = digest_in(*data, "liveSha256");
    state.live_is_whole = optional_flag(*data, "liveIsWhole").value_or(std::nullopt);
    state.live_remark = text_in(*data, "liveRemark");
    state.facts_sha256 = digest_in(*data, "factsSha256").value_or("");
    state.capabilities = words_of(*data, "capabilities");
    const auto evidence = data->find("evidence");
    if (evidence != data->end() && evidence->is_array()) {
        state.evidence = words_of(*data, "evidence");
    }
    state.boot_id = text_in(*data, "bootId");
    state.disk_free_bytes = number_in(*data, "diskFreeBytes");
    const auto queue = number_in(*data, "queue").value_or(0);
    state.queue = static_cast<int>(std::min<std::int64_t>(queue, queue_most));
    state.last_task = last_task_in(*data);
    return state;
}

Observation observation_of(const NodeState& state) {
    Observation seen;
    seen.version = state.applied_version;
    seen.facts_sha256 = state.facts_sha256;
    seen.remark = state.live_remark;
    seen.agent_version = cut_utf8(state.agent_version, column_bytes_max);
    seen.capabilities = cut_utf8(state.capabilities, column_bytes_max);
    if (state.live_is_whole) {
        seen.content = *state.live_is_whole ? ObservedContent::whole : ObservedContent::changed;
        seen.sha256 = state.live_sha256.value_or("");
        // Whole, and nobody knows of what: it cannot be compared.
        if (*state.live_is_whole && !state.live_sha256) seen.content = ObservedContent::believed;
    } else {
        // An agent that can look, and has no remark, found no `live`, whatever it once applied.
        const bool can_look = !state.capabilities.empty();
        const bool has_applied = state.applied_version || !state.sha256.empty();
        const bool is_there = can_look ? !state.live_remark.empty() : has_applied;
        seen.content = is_there ? ObservedContent::believed : ObservedContent::empty;
        // No agent of ours: it says nothing of what it has.
        if (!can_look && !has_applied && state.agent_version.empty()) {
            seen.content = ObservedContent::none;
        }
    }
    if (seen.content == ObservedContent::believed) seen.sha256 = state.sha256;
    return seen;
}

}  // namespace edgeroll::release::wire
