#include "release/text/utf8.hpp"
#include "release/wire/agent_messages.hpp"
#include "release/wire/json_util.hpp"
#include "release/wire/json_words.hpp"

namespace edgeroll::release::wire {
namespace {

constexpr std::size_t step_output_bytes_max = 64U << 10;
constexpr std::size_t sent_output_bytes = 1U << 10;
/// Control reads answers of up to 1 MiB; this leaves room for the rest of an answer.
constexpr std::size_t report_bytes_max = 512U << 10;

Json text_or_null(const std::string& text) {
    return text.empty() ? Json(nullptr) : Json(text);
}

/// The steps of a long flow may exceed one answer: the oldest outputs are shortened first, since
/// people look for the latest.
void shorten_outputs(Json& steps) {
    std::size_t bytes = 0;
    for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
        Json& output = (*step)["output"];
        if (bytes + dump_json(output).size() > report_bytes_max) {
            output =
                shortened(repair_utf8(output.get_ref<const std::string&>()), sent_output_bytes);
        }
        bytes += dump_json(output).size();
    }
}

Json json_of(const TaskStep& step) {
    Json object = Json::object();
    object["name"] = step.name;
    object["status"] = std::string(to_text(step.status));
    object["startedAt"] = text_or_null(step.started_at);
    object["finishedAt"] = text_or_null(step.finished_at);
    object["exitCode"] = step.exit_code ? Json(*step.exit_code) : Json(nullptr);
    object["output"] = shortened(repair_utf8(step.output), step_output_bytes_max);
    return object;
}

/// The common first fields of every answer about a task.
Json identity_of(const TaskReport& report) {
    Json data = Json::object();
    data["taskId"] = report.task_id;
    data["type"] = std::string(to_text(report.type));
    data["version"] = report.version.value;
    data["sha256"] = text_or_null(report.sha256);
    if (!report.order_id.empty()) data["orderId"] = report.order_id;
    data["status"] = std::string(to_text(report.status));
    data["capabilities"] = list_of_words(agent_capabilities);
    return data;
}

}  // namespace

std::string write_task_report(const TaskReport& report) {
    Json data = identity_of(report);
    data["progress"] = report.progress;
    data["lastError"] = report.last_error;
    data["createdAt"] = text_or_null(report.created_at);
    data["startedAt"] = text_or_null(report.started_at);
    data["finishedAt"] = text_or_null(report.finished_at);
    Json steps = Json::array();
    for (const TaskStep& step : report.steps)
        steps.push_back(json_of(step));
    shorten_outputs(steps);
    if (report.evidence) data["evidence"] = list_of_words(*report.evidence);
    data["steps"] = std::move(steps);
    return success_envelope(data);
}

std::string write_task_status(const TaskReport& report) {
    return success_envelope(identity_of(report));
}

std::string write_content_held(bool is_held, const std::string& content_sha256) {
    Json data = Json::object();
    data["held"] = is_held;
    data["contentSha256"] = content_sha256;
    data["capabilities"] = list_of_words(agent_capabilities);
    return success_envelope(data);
}

}  // namespace edgeroll::release::wire
