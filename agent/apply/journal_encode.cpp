#include <utility>

#include "agent/apply/journal_codec.hpp"
#include "agent/apply/journal_line.hpp"
#include "release/wire/json_util.hpp"

namespace edgeroll::agent::apply {
namespace {

using release::wire::Json;

std::string line_of(const Json& record) {
    const std::string json = release::wire::dump_json(record);
    return checksum(json) + ' ' + json + '\n';
}

Json json_of(const Course& course) {
    Json finished = Json::array();
    for (const StepName step : course.finished)
        finished.push_back(to_text(step));
    Json json = {{"reloadOnly", course.is_reload_only},
                 {"status", release::to_text(course.status)},
                 {"finished", std::move(finished)},
                 {"switched", course.is_switched},
                 {"cancelWanted", course.is_cancel_wanted},
                 {"timeUp", course.is_time_up},
                 {"stuck", course.is_stuck},
                 {"lastError", course.last_error}};
    // Omitted for apply_config, so that an older agent can read these records.
    if (course.type != TaskType::apply_config) json["type"] = to_text(course.type);
    if (course.job_count != 0) json["jobCount"] = course.job_count;
    if (course.current) json["current"] = to_text(*course.current);
    if (course.failed) json["failed"] = to_text(*course.failed);
    return json;
}

Json json_of(const StepRecord& step) {
    Json json = {{"name", to_text(step.name)},
                 {"status", release::to_text(step.status)},
                 {"startedAt", step.started_at},
                 {"finishedAt", step.finished_at},
                 {"output", step.output}};
    if (step.exit_code) json["exitCode"] = *step.exit_code;
    if (step.evidence) json["evidence"] = *step.evidence;
    return json;
}

}  // namespace

std::string encode_task(const Entry& entry, const Details& details) {
    Json labels = Json::object();
    for (const auto& [name, value] : details.labels)
        labels[name] = value;
    Json steps = Json::array();
    for (const StepRecord& step : details.steps)
        steps.push_back(json_of(step));
    Json record = {{"kind", "task"},
                   {"taskId", entry.task_id},
                   {"version", entry.version.value},
                   {"sha256", entry.sha256},
                   {"order", entry.order},
                   {"course", json_of(entry.course)},
                   {"createdAt", details.created_at},
                   {"startedAt", details.started_at},
                   {"finishedAt", details.finished_at},
                   {"timeoutMs", details.timeout_ms},
                   {"nodeName", details.node_name},
                   {"nodeIp", details.node_ip},
                   {"labels", std::move(labels)},
                   {"payloadFile", details.payload_file},
                   {"steps", std::move(steps)}};
    if (details.previous) record["previous"] = details.previous->value;
    if (details.staged_folder) record["stagedFolder"] = *details.staged_folder;
    if (entry.is_repair) record["repair"] = 1;
    if (!entry.order_id.empty()) record["orderId"] = entry.order_id;
    if (!entry.payload_sha256.empty()) record["payloadSha256"] = entry.payload_sha256;
    if (!details.jobs.empty()) record["jobs"] = details.jobs;
    return line_of(record);
}

std::string encode_epoch(const FenceKey& key, release::Epoch epoch) {
    Json record = {{"kind", "epoch"}, {"version", key.version.value}, {"epoch", epoch.value}};
    if (key.type != TaskType::apply_config) record["type"] = to_text(key.type);
    if (!key.order_id.empty()) record["orderId"] = key.order_id;
    if (key.sha256) record["sha256"] = *key.sha256;
    return line_of(record);
}

std::string encode_banned(const Ledger& ledger) {
    const Json record = {{"kind", "banned"}, {"sha256", ledger.banned}};
    return line_of(record);
}

std::string encode_applied(const Ledger& ledger) {
    Json record = {{"kind", "applied"}, {"sha256", ledger.applied_sha256}};
    if (ledger.digest_rule != 0) record["digestRule"] = ledger.digest_rule;
    if (ledger.applied_version) record["version"] = ledger.applied_version->value;
    return line_of(record);
}

std::string encode_book(const Book& book) {
    std::string text = encode_applied(book.ledger);
    if (!book.ledger.banned.empty()) text += encode_banned(book.ledger);
    for (const auto& [key, epoch] : book.ledger.highest_epoch) {
        text += encode_epoch(key, epoch);
    }
    for (const auto& [id, entry] : book.ledger.tasks) {
        text += encode_task(entry, book.details.at(id));
    }
    return text;
}

}  // namespace edgeroll::agent::apply
