// The meaning of an agent's HTTP answer, including agents of other authors.
#include <algorithm>
#include <cmath>
#include <set>

#include "release/node_evidence.hpp"
#include "release/text/digits.hpp"
#include "release/text/utf8.hpp"
#include "release/wire/agent_messages.hpp"
#include "release/wire/json_util.hpp"
#include "release/wire/json_words.hpp"
#include "release/word_list.hpp"

namespace edgeroll::release::wire {
namespace {

constexpr std::size_t answer_bytes_max = 1U << 20;
constexpr std::size_t last_error_bytes_max = 4U << 10;
constexpr std::size_t message_bytes_max = 512;
constexpr std::size_t identity_bytes_max = 200;
constexpr std::size_t steps_bytes_max = 64U << 10;
constexpr std::size_t received_output_bytes = 512;
constexpr std::size_t mark_bytes = 128;  ///< for the entry with the number of missing steps

Answer not_understood(std::string why) {
    Answer answer;
    answer.heard = Heard::nonsense;
    answer.message = std::move(why);
    return answer;
}

std::string text_member(const Json& object, const char* field, std::size_t bytes_max) {
    const auto found = object.find(field);
    if (found == object.end() || found->is_null()) return {};
    if (found->is_string()) return shortened(found->get_ref<const std::string&>(), bytes_max);
    return shortened(dump_json(*found), bytes_max);
}

/// A name or number as text; empty: not given.
std::string said(const Json& data, const char* field) {
    const auto found = data.find(field);
    if (found != data.end() && found->is_number_float() && std::abs(found->get<double>()) < 1e15 &&
        found->get<double>() == std::floor(found->get<double>())) {
        return std::to_string(static_cast<std::int64_t>(found->get<double>()));
    }
    return text_member(data, field, identity_bytes_max);
}

TaskIdentity identity_of(const Json& data) {
    TaskIdentity about;
    about.order_id = said(data, "orderId");
    about.type = said(data, "type");
    about.version = said(data, "version");
    about.sha256 = lower_hex(said(data, "sha256"));
    // Any other text in this field is not one of edgeroll's digests.
    if (!is_sha256_hex(about.sha256)) about.sha256.clear();
    return about;
}

std::string capabilities_of(const Json& data) {
    return words_of(data, "capabilities");
}

std::string evidence_of(const Json& data) {
    const auto found = data.find("evidence");
    const bool is_told = found != data.end() && found->is_array();
    return is_told ? words_of(data, "evidence") : std::string(looks::unknown);
}

int progress_of(const Json& data) {
    const auto found = data.find("progress");
    if (found == data.end() || !found->is_number()) return 0;
    const auto progress = found->get<double>();
    if (!(progress > 0)) return 0;
    return static_cast<int>(std::min(progress, 100.0));
}

/// The list as text. To fit, outputs are shortened, then the oldest steps are left out. A first
/// entry `...` gives their number.
std::string steps_of(const Json& data) {
    const auto found = data.find("steps");
    if (found == data.end() || !found->is_array() || found->empty()) return {};
    std::string text = dump_json(*found);
    if (text.size() <= steps_bytes_max) return text;
    Json steps = *found;
    for (Json& step : steps) {
        if (!step.is_object() || !step.contains("output")) continue;
        step["output"] = text_member(step, "output", received_output_bytes);
    }
    std::string kept;
    std::size_t left = steps.size();
    for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
        std::string one = dump_json(*step);
        if (kept.size() + one.size() + mark_bytes > steps_bytes_max) break;
        kept = kept.empty() ? std::move(one) : one + "," + kept;
        --left;
    }
    if (left == 0) return "[" + kept + "]";
    const Json mark = {{"name", "..."},
                       {"output", std::to_string(left) + " earlier steps were left out"}};
    return "[" + dump_json(mark) + (kept.empty() ? "" : ",") + kept + "]";
}

/// Whether another attempt may help, judging by the steps. Agents written elsewhere report none and
/// get the benefit of the doubt.
bool is_curable(const Json& data) {
    const auto steps = data.find("steps");
    if (steps == data.end() || !steps->is_array()) return true;
    for (const Json& step : *steps) {
        if (!step.is_object() || text_member(step, "status", 16) != "failed") continue;
        const std::string name = text_member(step, "name", 16);
        return name != "validate" && name != "check";
    }
    return true;
}

Answer read_data(const Json& body, const std::string& task_id) {
    const auto found = body.find("data");
    if (found == body.end() || !found->is_object()) {
        return not_understood("the answer has no data");
    }
    const Json& data = *found;
    const auto named = optional_text(data, "taskId");
    if (!named) return not_understood("the answer's taskId is not a string");
    if (*named && **named != task_id) {
        return not_understood("the answer is about the task '" + cut_utf8(**named, 200) + "'");
    }
    const auto word = required_text(data, "status");
    if (!word) return not_understood("the answer has no task status");
    const auto status = from_text<TaskStatus>(*word);
    if (!status) {
        return not_understood("the answer has the unknown task status '" + cut_utf8(*word, 64) +
                              "'");
    }
    Answer answer;
    answer.heard = Heard::accepted;
    answer.status = *status;
    answer.about = identity_of(data);
    answer.capabilities = capabilities_of(data);
    answer.evidence = evidence_of(data);
    answer.progress = progress_of(data);
    answer.last_error = text_member(data, "lastError", last_error_bytes_max);
    answer.steps = steps_of(data);
    answer.is_curable = *status != TaskStatus::failed || is_curable(data);
    return answer;
}

/// The meaning of a refusal with a readable code.
Heard meaning(int http, std::int64_t error_code) {
    if (http == 404 && error_code == code::not_found) return Heard::unknown_task;
    // Only a 404 with that code says that the task is unknown; any other comes from an agent
    // without this call.
    if (http == 404) return Heard::nonsense;
    if (http == 409 && error_code == code::wrong_state) return Heard::wrong_state;
    if (http == 409 && error_code == code::exists) return Heard::used_id;
    // Not a 404, so it is never mistaken for an unknown task.
    if (http == 409 && error_code == code::not_found) return Heard::lacks_content;
    // The agent does not accept the control's certificate for commands.
    if (http == 403 && error_code == code::forbidden) return Heard::wrong_peer;
    return Heard::refused;
}

Answer read_refusal(int http, const Json* body) {
    Answer answer;
    std::string said;
    std::int64_t error_code = 0;
    if (body != nullptr) {
        if (const auto given = optional_integer(*body, "code"); given && *given) {
            error_code = **given;
        }
        said = text_member(*body, "message", message_bytes_max);
    }
    if (http >= 500 || http == 429 || http == 408) {
        answer.heard = Heard::server_error;
    } else if (http >= 400 && error_code != 0) {
        answer.heard = meaning(http, error_code);
    } else {
        answer.heard = Heard::nonsense;
    }
    answer.message = "HTTP " + std::to_string(http);
    if (error_code != 0) answer.message += " code " + std::to_string(error_code);
    if (!said.empty()) answer.message += ": " + said;
    return answer;
}

}  // namespace

Answer read_answer(int http_status, std::string_view body, const std::string& task_id) {
    // Agents pass on the output of commands: broken UTF-8 is repaired and is no error.
    const std::string text = repair_utf8(body.substr(0, answer_bytes_max + 1));
    const auto parsed = parse_json(text, 3 * answer_bytes_max);
    const Json* object = parsed && parsed->is_object() ? &*parsed : nullptr;
    if (http_status < 200 || http_status > 299) return read_refusal(http_status, object);
    if (body.size() > answer_bytes_max) return not_understood("the answer is over 1 MiB");
    if (!parsed) return not_understood("the answer is " + parsed.error().message);
    if (object == nullptr) return not_understood("the answer is not an object");
    const auto given = required_integer(*object, "code");
    if (!given) return not_understood("the answer has no code");
    if (*given != code::ok) {
        return not_understood("the answer has HTTP " + std::to_string(http_status) + " with code " +
                              std::to_string(*given) + ": " +
                              text_member(*object, "message", message_bytes_max));
    }
    return read_data(*object, task_id);
}

bool has_capability(std::string_view capabilities, std::string_view word) {
    return has_word(capabilities, word);
}

std::optional<ContentHeld> read_content_held(int http_status, std::string_view body,
                                             std::string_view content_sha256) {
    if (http_status != 200) return std::nullopt;
    const auto parsed = parse_json(body, answer_bytes_max);
    if (!parsed || !parsed->is_object()) return std::nullopt;
    const auto given = required_integer(*parsed, "code");
    const auto data = parsed->find("data");
    if (!given || *given != code::ok || data == parsed->end()) return std::nullopt;
    const auto named = optional_text(*data, "contentSha256");
    if (!named || named->value_or("") != content_sha256) return std::nullopt;
    const auto is_held = optional_flag(*data, "held").value_or(std::nullopt);
    if (!is_held) return std::nullopt;
    return ContentHeld{*is_held, capabilities_of(*data)};
}

}  // namespace edgeroll::release::wire
