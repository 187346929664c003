#include "agent/task_book.hpp"

#include <algorithm>
#include <utility>

#include "agent/layout.hpp"
#include "agent/step_runner.hpp"
#include "tls/rt/log.hpp"

namespace edgeroll::agent {
namespace {

using apply::Course;
using apply::StepName;
using release::TaskStatus;
using rt::LogLevel;

constexpr std::size_t tasks_kept = 200;
constexpr Millis no_limit = std::chrono::hours(24 * 365);

}  // namespace

const apply::Entry* TaskBook::find(const std::string& task_id) const {
    const auto found = book_.ledger.tasks.find(task_id);
    return found == book_.ledger.tasks.end() ? nullptr : &found->second;
}

const Course& TaskBook::course(const std::string& task_id) const {
    return book_.ledger.tasks.at(task_id).course;
}

std::optional<std::string> TaskBook::next() const {
    for (const auto& [id, entry] : book_.ledger.tasks) {
        if (entry.course.status == TaskStatus::running) return id;
    }
    return apply::next_task(book_.ledger);
}

Task TaskBook::task(const std::string& task_id) const {
    const apply::Entry& entry = book_.ledger.tasks.at(task_id);
    const apply::Details& details = book_.details.at(task_id);
    Task task;
    task.task_id = task_id;
    task.type = entry.course.type;
    task.version = entry.version;
    task.sha256 = entry.sha256;
    task.payload_file = details.payload_file;
    task.payload_sha256 = entry.payload_sha256;
    task.job_index = entry.course.finished.size();
    task.node_name = details.node_name;
    task.node_ip = details.node_ip;
    task.labels = details.labels;
    task.previous = details.previous;
    task.staged_folder = details.staged_folder;
    task.live = live();
    task.failed = entry.course.failed;
    return task;
}

Millis TaskBook::time_left(const std::string& task_id) const {
    const auto found = deadlines_.find(task_id);
    if (found == deadlines_.end()) return no_limit;
    return std::clamp(found->second - clock_.now(), Millis(0), no_limit);
}

Result<void> TaskBook::record(const apply::Offer& offer, const apply::Admission& admission,
                              apply::Details details) {
    apply::Book changed = book_;
    changed.ledger = apply::record(std::move(changed.ledger), offer, admission);
    std::string lines;
    if (offer.epoch) {
        const apply::FenceKey key = apply::fence_of(offer);
        lines += apply::encode_epoch(key, changed.ledger.highest_epoch.at(key));
    }
    const bool is_new = admission.kind != apply::Admission::Kind::repeat;
    if (is_new) {
        details.created_at = wall_clock_.now_ms();
        if (admission.kind == apply::Admission::Kind::done) {
            details.started_at = details.finished_at = details.created_at;
        }
        changed.details.insert_or_assign(offer.task_id, details);
        lines += apply::encode_task(changed.ledger.tasks.at(offer.task_id), details);
    } else if (changed.ledger.highest_epoch == book_.ledger.highest_epoch) {
        return {};  // nothing new to write
    }
    apply::prune(changed, tasks_kept, live());
    if (auto done = journal_.append(lines, changed); !done) return done;
    book_ = std::move(changed);
    if (is_new && details.timeout_ms > 0) {
        deadlines_[offer.task_id] = clock_.now() + Millis(details.timeout_ms);
    }
    std::erase_if(deadlines_, [&](const auto& item) { return find(item.first) == nullptr; });
    return {};
}

Result<void> TaskBook::set_banned(const std::vector<std::string>& banned) {
    std::set<std::string> wanted(banned.begin(), banned.end());
    if (wanted == book_.ledger.banned) return {};
    std::swap(book_.ledger.banned, wanted);
    auto done = journal_.append(apply::encode_banned(book_.ledger), book_);
    if (!done) std::swap(book_.ledger.banned, wanted);
    return done;
}

bool TaskBook::begin(const std::string& task_id, StepName step) {
    apply::Details& details = book_.details.at(task_id);
    const std::int64_t now = wall_clock_.now_ms();
    if (details.started_at == 0) details.started_at = now;
    Result<void> chosen;
    if (step == StepName::switch_live) chosen = choose_previous(task_id);
    if (step == StepName::put_back) respect_moved_live(task_id);
    apply::StepRecord record;
    record.name = step;
    record.started_at = now;
    details.steps.push_back(std::move(record));
    const bool was_past_return = apply::is_past_return(course(task_id));
    advance(task_id, apply::begin_step(course(task_id), step));
    if (!chosen) {
        fail_before_switch(task_id, chosen.error().message);
        return false;
    }
    if (write(task_id) || was_past_return) return true;
    fail_before_switch(task_id, "the journal cannot be written, so nothing was done");
    return false;
}

void TaskBook::fail_before_switch(const std::string& task_id, std::string error) {
    Course untouched = course(task_id);
    untouched.is_switched = false;
    advance(task_id, std::move(untouched));
    end(task_id, failed_step(std::move(error)));
}

void TaskBook::end(const std::string& task_id, const apply::StepResult& result) {
    apply::Details& details = book_.details.at(task_id);
    const std::int64_t now = wall_clock_.now_ms();
    Course ended = apply::end_step(course(task_id), result);
    if (!details.steps.empty()) {
        apply::StepRecord& step = details.steps.back();
        step.finished_at = now;
        step.exit_code = result.exit_code;
        if (may_look(step.name)) step.evidence = result.evidence;
        step.output = result.output.empty() ? result.error : result.output;
        step.status = result.is_ok                            ? TaskStatus::success
                      : ended.status == TaskStatus::cancelled ? TaskStatus::cancelled
                                                              : TaskStatus::failed;
        apply::limit_outputs(details, apply::outputs_bytes_max);
    }
    rt::log(result.is_ok ? LogLevel::info : LogLevel::warn, "step_done",
            {{"task", task_id},
             {"step", std::string(apply::to_text(ended.finished.back()))},
             {"ok", result.is_ok ? "1" : "0"},
             {"error", result.error}});
    advance(task_id, std::move(ended));
    (void)write(task_id);
}

void TaskBook::settle(const std::string& task_id) {
    if (release::is_final(course(task_id).status)) return;
    advance(task_id, apply::settle(course(task_id)));
    (void)write(task_id);
}

void TaskBook::look_at_time(const std::string& task_id) {
    Course& course = book_.ledger.tasks.at(task_id).course;
    if (!release::is_final(course.status) && time_left(task_id) == Millis(0)) {
        course.is_time_up = true;
    }
}

apply::CancelAnswer TaskBook::cancel(const std::string& task_id) {
    apply::CancelAnswer answer = apply::cancel(book_.ledger, task_id);
    if (answer.code != release::code::ok) return answer;
    if (release::is_final(answer.status)) advance(task_id, course(task_id));
    (void)write(task_id);
    return answer;
}

bool TaskBook::expire_waiting() {
    std::vector<std::string> expired;
    for (const auto& [id, entry] : book_.ledger.tasks) {
        if (entry.course.status == TaskStatus::pending && time_left(id) == Millis(0)) {
            expired.push_back(id);
        }
    }
    for (const std::string& id : expired) {
        look_at_time(id);
        settle(id);
    }
    return !expired.empty();
}

void TaskBook::advance(const std::string& task_id, Course course) {
    apply::Details& details = book_.details.at(task_id);
    if (release::is_final(course.status) && details.finished_at == 0) {
        details.finished_at = wall_clock_.now_ms();
        rt::log(LogLevel::info, "task_done",
                {{"task", task_id},
                 {"status", std::string(release::to_text(course.status))},
                 {"error", course.last_error}});
    }
    apply::advance(book_.ledger, task_id, std::move(course));
}

bool TaskBook::write(const std::string& task_id) {
    const apply::Entry& entry = book_.ledger.tasks.at(task_id);
    std::string lines = apply::encode_task(entry, book_.details.at(task_id));
    const bool is_applied = entry.course.status == TaskStatus::success && !entry.sha256.empty();
    if (is_applied) lines += apply::encode_applied(book_.ledger);
    const auto done = journal_.append(lines, book_);
    if (!done) {
        rt::log(LogLevel::error, "journal_failed",
                {{"task", task_id}, {"error", done.error().message}});
    }
    return done.has_value();
}

}  // namespace edgeroll::agent
