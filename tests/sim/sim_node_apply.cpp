// Running a task: begin and journal a step, do it, journal its result. A crash may happen between
// any two of these.
#include "sim_node.hpp"

namespace edgeroll::sim {

using namespace agent::apply;
using release::TaskStatus;

void SimNode::start_next() {
    if (running_ || !is_up_) return;
    const auto next = next_task(ledger_);
    if (!next) return;
    running_ = *next;
    witness_.run_began(*this, *next);
    go_on(*next);
}

void SimNode::set_course(const std::string& task_id, Course course) {
    const bool was_final = release::is_final(ledger_.tasks.at(task_id).course.status);
    const TaskStatus status = course.status;
    advance(ledger_, task_id, std::move(course));
    write_journal();
    if (was_final || !release::is_final(status)) return;
    trace_.note(timeline_.now(), name_,
                "ends " + task_id + " " + std::string(release::to_text(status)));
    witness_.finished(*this, ledger_.tasks.at(task_id), status);
    ended(task_id);
}

void SimNode::ended(const std::string& task_id) {
    std::vector<Hold> waiting;
    std::erase_if(holds_, [&](Hold& hold) {
        if (hold.task_id != task_id) return false;
        waiting.push_back(std::move(hold));
        return true;
    });
    for (Hold& hold : waiting)
        hold.reply(report(task_id));
    if (running_ != task_id) return;
    witness_.run_ended(*this, task_id);
    running_.reset();
    later(Millis{1}, [this] { start_next(); });
}

void SimNode::go_on(const std::string& task_id) {
    const Course course = ledger_.tasks.at(task_id).course;
    if (release::is_final(course.status)) return;
    const auto step = next_step(course);
    if (!step) {
        set_course(task_id, settle(course));
        return;
    }
    set_course(task_id, begin_step(course, *step));
    const bool is_slow = timeline_.now() < slow_until;
    const Millis half{rng_.between(1, is_slow ? 6000 : 300)};
    later(half, [this, task_id, step = *step, half] {
        const StepResult result = effect(task_id, step);
        later(half, [this, task_id, result] {
            set_course(task_id, end_step(ledger_.tasks.at(task_id).course, result));
            if (running_ == task_id) go_on(task_id);
        });
    });
}

StepResult SimNode::effect(const std::string& task_id, StepName step) {
    const auto& entry = ledger_.tasks.at(task_id);
    StepResult result;
    const auto fail = [&](const char* why) {
        result.is_ok = false;
        result.error = why;
    };
    switch (step) {
        case StepName::validate:
        case StepName::preinstall:
        case StepName::postinstall:
        case StepName::rollback:
        case StepName::purge:
        case StepName::job:
            break;
        case StepName::stage:
            if (live_ != entry.version) versions_[entry.version] = {true, false, false};
            break;
        case StepName::check:
            if (faults_.happens(Fault::step_check_fails)) {
                fail("check says no");
            } else {
                versions_[entry.version].is_checked = true;
            }
            break;
        case StepName::switch_live:
            previous_[task_id] = live_;
            if (entry.is_repair && live_ == entry.version) {
                exchanged_[task_id] = versions_[entry.version];
                versions_[entry.version].is_edited = false;
            }
            set_live(entry.version);
            if (faults_.happens(Fault::content_cuts_off)) {
                away_until = timeline_.now() + Millis{rng_.between(15'000, 180'000)};
            }
            if (faults_.happens(Fault::content_kills)) {
                timeline_.after(Millis{rng_.between(0, 60'000)}, [this] {
                    trace_.note(timeline_.now(), name_, "is killed by its content");
                    is_dead = true;
                });
            }
            break;
        case StepName::reload:
        case StepName::reload_back:
            if (faults_.happens(Fault::step_reload_fails)) {
                fail("reload says no");
            } else {
                loaded_ = live_;
            }
            break;
        case StepName::verify:
        case StepName::verify_back:
            if (loaded_ != live_) fail("the server holds another version");
            break;
        case StepName::put_back:
            if (const auto before = exchanged_.find(task_id); before != exchanged_.end()) {
                versions_[entry.version] = before->second;
                exchanged_.erase(before);
            }
            set_live(previous_[task_id]);
            break;
    }
    return result;
}

}  // namespace edgeroll::sim
