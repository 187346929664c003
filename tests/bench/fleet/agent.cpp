#include "tests/bench/fleet/agent.hpp"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <nlohmann/json.hpp>
#include <utility>

namespace edgeroll::bench {
namespace {

using nlohmann::json;
namespace code = release::code;

constexpr double hold_sec_max = 50;
constexpr std::int64_t ns_per_ms = 1'000'000;
constexpr std::int64_t ns_per_sec = 1'000'000'000;

const char* word_of(TaskState state) {
    switch (state) {
        case TaskState::running:
            return "running";
        case TaskState::success:
            return "success";
        case TaskState::failed:
            return "failed";
        case TaskState::cancelled:
            break;
    }
    return "cancelled";
}

json time_text(std::int64_t at_ns) {
    if (at_ns == 0) return nullptr;
    const std::time_t seconds = at_ns / ns_per_sec;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char text[40];
    const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
    const std::string ms = std::to_string(1000 + at_ns / ns_per_ms % 1000);
    return std::string(text, size) + "." + ms.substr(1) + "Z";
}

HttpReply success(const json& data) {
    return {200, json{{"code", 0}, {"message", "success"}, {"data", data}}.dump()};
}

json identity_of(const Task& task) {
    json data{{"taskId", task.id},
              {"type", task.type},
              {"version", task.version},
              {"sha256", task.sha256.empty() ? json(nullptr) : json(task.sha256)},
              {"status", word_of(task.state)},
              {"capabilities", {"secrets"}}};
    if (!task.order_id.empty()) data["orderId"] = task.order_id;
    return data;
}

/// The steps of an edge without commands, so that control reads answers of the usual size.
json steps_of(const Task& task) {
    json steps = json::array();
    const auto add = [&](const char* name, const char* status, const char* output) {
        steps.push_back({{"name", name},
                         {"status", status},
                         {"startedAt", time_text(task.begun_ns)},
                         {"finishedAt", time_text(task.ended_ns)},
                         {"exitCode", nullptr},
                         {"output", output}});
    };
    for (const char* name : {"validate", "stage"})
        add(name, "success", "");
    if (task.state == TaskState::running || task.state == TaskState::cancelled) return steps;
    for (const char* name : {"check", "switch", "reload"})
        add(name, "success", "");
    if (task.state == TaskState::success) {
        add("verify", "success", "");
        return steps;
    }
    add("verify", "failed", "made to fail by the bench");
    for (const char* name : {"put_back", "reload_back", "verify_back"})
        add(name, "success", "");
    return steps;
}

HttpReply unknown_task(const std::string& id) {
    return refusal(404, code::not_found, "task " + id + " is not known here");
}

std::string text_of_field(const json& body, const char* field) {
    const auto found = body.find(field);
    return found != body.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Reaction answered(HttpReply reply) {
    Reaction reaction;
    reaction.reply = std::move(reply);
    return reaction;
}

/// The agent's rules, as far as control can meet them: known id, content, version.
Reaction dispatch(Agent& agent, const HttpRequest& request, Record& record) {
    const std::uint32_t number = agent.node.number;
    const json body = json::parse(request.body, nullptr, false);
    const auto version_field = body.is_object() ? body.find("version") : body.end();
    const std::string id = body.is_object() ? text_of_field(body, "taskId") : "";
    if (id.empty() || version_field == body.end() || !version_field->is_number_integer()) {
        record.note(Event::refused, number, 0);
        return answered(refusal(400, code::invalid, "the dispatch has no taskId or no version"));
    }
    Task task;
    task.id = id;
    task.version = version_field->get<std::int64_t>();
    task.type = text_of_field(body, "type");
    task.order_id = text_of_field(body, "orderId");
    // The digest is believed: computing digests is no part of what is measured.
    task.sha256 = text_of_field(body, "contentSha256");
    if (const auto known = agent.tasks.find(id); known != agent.tasks.end()) {
        const Task& before = known->second;
        const bool is_same = before.order_id == task.order_id && before.type == task.type &&
                             before.version == task.version && before.sha256 == task.sha256;
        record.note(is_same ? Event::repeat : Event::refused, number, task.version);
        if (is_same) return answered(success(identity_of(before)));
        return answered(refusal(409, code::exists, "task " + id + " was used for another release"));
    }
    if (!body.contains("payload") && !agent.contents.contains(task.sha256)) {
        record.note(Event::lacks, number, task.version);
        return answered(refusal(409, code::not_found, "the content is not here"));
    }
    const bool is_other = task.sha256 != agent.applied_sha256;
    if (task.version < agent.applied_version ||
        (task.version == agent.applied_version && is_other)) {
        record.note(Event::refused, number, task.version);
        return answered(refusal(409, code::wrong_state, "a newer version is applied"));
    }
    task.begun_ns = now_ns();
    task.will_fail = agent.failing_versions.contains(every_version) ||
                     agent.failing_versions.contains(task.version);
    record.note(Event::dispatch, number, task.version);
    Reaction reaction = answered(success(identity_of(task)));
    reaction.begun_task = id;
    agent.tasks.emplace(id, std::move(task));
    return reaction;
}

Reaction question(const Agent& agent, const std::string& id, const HttpRequest& request,
                  Record& record) {
    const auto found = agent.tasks.find(id);
    if (found == agent.tasks.end()) return answered(unknown_task(id));
    constexpr std::string_view wait = "wait=";
    double hold_sec = 0;
    if (request.query.starts_with(wait)) {
        const std::string text = request.query.substr(wait.size());
        std::from_chars(text.data(), text.data() + text.size(), hold_sec);
    }
    if (found->second.state != TaskState::running || !(hold_sec > 0)) {
        return answered(report_of(agent, id, record));
    }
    Reaction reaction;
    reaction.held_task = id;
    reaction.hold = Millis(static_cast<std::int64_t>(std::min(hold_sec, hold_sec_max) * 1000));
    return reaction;
}

void close_task(Agent& agent, Task& task, TaskState state, Record& record) {
    task.state = state;
    task.ended_ns = now_ns();
    const Event event = state == TaskState::success  ? Event::success
                        : state == TaskState::failed ? Event::failed
                                                     : Event::cancelled;
    record.note(event, agent.node.number, task.version);
    // What was staged is kept even where verify failed.
    if (state != TaskState::cancelled && !task.sha256.empty()) agent.contents.insert(task.sha256);
    if (state != TaskState::success) return;
    agent.applied_version = task.version;
    agent.applied_sha256 = task.sha256;
}

Reaction cancel(Agent& agent, const std::string& id, Record& record) {
    const auto found = agent.tasks.find(id);
    if (found == agent.tasks.end()) return answered(unknown_task(id));
    Task& task = found->second;
    if (task.state != TaskState::running) {
        return answered(refusal(409, code::wrong_state, "task " + id + " is finished"));
    }
    close_task(agent, task, TaskState::cancelled, record);
    return answered(success(identity_of(task)));
}

}  // namespace

HttpReply refusal(int status, int code, const std::string& message) {
    return {status, json{{"code", code}, {"message", message}}.dump()};
}

HttpReply report_of(const Agent& agent, const std::string& task_id, Record& record) {
    const auto found = agent.tasks.find(task_id);
    if (found == agent.tasks.end()) return unknown_task(task_id);
    const Task& task = found->second;
    const bool is_failed = task.state == TaskState::failed;
    const bool is_success = task.state == TaskState::success;
    if (task.state != TaskState::running) {
        const Event event = is_success  ? Event::told_success
                            : is_failed ? Event::told_failed
                                        : Event::told_cancelled;
        record.note(event, agent.node.number, task.version);
    }
    json data = identity_of(task);
    data["progress"] = is_success ? 100 : 40;
    data["lastError"] = is_failed ? "verify: made to fail by the bench" : "";
    data["createdAt"] = time_text(task.begun_ns);
    data["startedAt"] = time_text(task.begun_ns);
    data["finishedAt"] = time_text(task.ended_ns);
    data["evidence"] = json::array({"check", "verify_cmd"});
    data["steps"] = steps_of(task);
    return success(data);
}

Reaction react(Agent& agent, const HttpRequest& request, Record& record) {
    constexpr std::string_view tasks = "/tasks/", contents = "/contents/", cancelling = "/cancel";
    const std::string& path = request.path;
    if (request.method == "POST" && path == "/tasks/dispatch") {
        return dispatch(agent, request, record);
    }
    if (request.method == "POST" && path.starts_with(tasks) && path.ends_with(cancelling)) {
        const std::size_t size = path.size() - tasks.size() - cancelling.size();
        return cancel(agent, path.substr(tasks.size(), size), record);
    }
    if (request.method == "GET" && path.starts_with(tasks)) {
        return question(agent, path.substr(tasks.size()), request, record);
    }
    if (request.method == "GET" && path.starts_with(contents)) {
        const std::string sha256 = path.substr(contents.size());
        return answered(success({{"held", agent.contents.contains(sha256)},
                                 {"contentSha256", sha256},
                                 {"capabilities", {"secrets"}}}));
    }
    if (request.method == "GET" && path == "/state") {
        const bool is_applied = agent.applied_version > 0;
        const json sha256 = is_applied ? json(agent.applied_sha256) : json(nullptr);
        record.count_one(Event::state);
        return answered(success(
            {{"appliedVersion", is_applied ? json(agent.applied_version) : json(nullptr)},
             {"sha256", sha256},
             {"versions", is_applied ? json::array({agent.applied_version}) : json::array()},
             {"agentVersion", "bench"},
             {"liveSha256", sha256},
             {"liveIsWhole", is_applied ? json(true) : json(nullptr)},
             {"liveRemark", nullptr},
             {"factsSha256", nullptr},
             {"capabilities", {"secrets"}},
             {"evidence", json::array({"check"})},
             {"bootId", "0b0e5bd0-54f6-4f3c-a7a1-000000000000"},
             {"diskFreeBytes", 100'000'000'000},
             {"queue", 0},
             {"lastTask", nullptr}}));
    }
    if (request.method == "GET" && path == "/healthz") {
        return answered(success({{"status", "ok"}}));
    }
    return answered(refusal(404, code::invalid, "no such call: " + path));
}

void end_task(Agent& agent, const std::string& task_id, Record& record) {
    const auto found = agent.tasks.find(task_id);
    if (found == agent.tasks.end() || found->second.state != TaskState::running) return;
    Task& task = found->second;
    close_task(agent, task, task.will_fail ? TaskState::failed : TaskState::success, record);
}

}  // namespace edgeroll::bench
