#include "agent/task_report.hpp"

#include <cstdio>
#include <ctime>

#include "agent/task_book.hpp"

namespace edgeroll::agent {

std::string rfc3339(std::int64_t wall_ms) {
    if (wall_ms <= 0) return {};
    const std::time_t seconds = wall_ms / 1000;
    std::tm parts{};
    if (::gmtime_r(&seconds, &parts) == nullptr) return {};
    char text[32];
    const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
    char millis[8];
    std::snprintf(millis, sizeof millis, ".%03dZ", static_cast<int>(wall_ms % 1000));
    return std::string(text, size) + millis;
}

namespace {

// Nothing: no step has looked (a repeated success, a job), or an older agent recorded the steps.
std::optional<std::string> evidence_of(const std::vector<apply::StepRecord>& steps) {
    std::optional<std::string> words;
    for (const apply::StepRecord& step : steps) {
        if (!apply::may_look(step.name) || step.status != release::TaskStatus::success) continue;
        if (!step.evidence) return std::nullopt;
        if (!words) words.emplace();
        *words += (words->empty() || step.evidence->empty() ? "" : ",") + *step.evidence;
    }
    return words;
}

}  // namespace

release::wire::TaskReport make_identity(const apply::Entry& entry) {
    release::wire::TaskReport report;
    report.task_id = entry.task_id;
    report.type = entry.course.type;
    report.version = entry.version;
    report.sha256 =
        entry.course.type == release::TaskType::apply_config ? entry.sha256 : entry.payload_sha256;
    report.order_id = entry.order_id;
    report.status = entry.course.status;
    return report;
}

release::wire::TaskReport make_report(const apply::Entry& entry, const apply::Details& details) {
    release::wire::TaskReport report = make_identity(entry);
    report.progress = apply::progress(entry.course);
    report.last_error = entry.course.last_error;
    report.created_at = rfc3339(details.created_at);
    report.started_at = rfc3339(details.started_at);
    report.finished_at = rfc3339(details.finished_at);
    report.evidence = evidence_of(details.steps);
    std::size_t job = 0;
    for (const apply::StepRecord& record : details.steps) {
        release::wire::TaskStep step;
        step.name = std::string(apply::to_text(record.name));
        if (record.name == apply::StepName::job && job < details.jobs.size()) {
            step.name += ":" + details.jobs[job++];
        }
        step.status = record.status;
        step.started_at = rfc3339(record.started_at);
        step.finished_at = rfc3339(record.finished_at);
        step.exit_code = record.exit_code;
        step.output = record.output;
        report.steps.push_back(std::move(step));
    }
    return report;
}

std::optional<release::wire::TaskReport> TaskBook::report(const std::string& task_id) const {
    const apply::Entry* entry = find(task_id);
    if (entry == nullptr) return std::nullopt;
    return make_report(*entry, book_.details.at(task_id));
}

}  // namespace edgeroll::agent
