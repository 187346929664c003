#include "agent/apply/machine.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <utility>

#include "release/mutant.hpp"
#include "release/text/utf8.hpp"
#include "release/words.hpp"

namespace edgeroll::agent::apply {
namespace {

using release::TaskStatus;

constexpr release::Words<StepName> step_words({
    {StepName::validate, "validate"},
    {StepName::stage, "stage"},
    {StepName::preinstall, "preinstall"},
    {StepName::check, "check"},
    {StepName::switch_live, "switch"},
    {StepName::reload, "reload"},
    {StepName::verify, "verify"},
    {StepName::postinstall, "postinstall"},
    {StepName::put_back, "put_back"},
    {StepName::reload_back, "reload_back"},
    {StepName::verify_back, "verify_back"},
    {StepName::rollback, "rollback"},
    {StepName::purge, "purge"},
    {StepName::job, "job"},
});

// The transitions: forward from left to right; a failure before the switch ends the task, a failure
// from the switch on starts the rollback steps.
constexpr std::array forward{StepName::validate, StepName::stage,       StepName::preinstall,
                             StepName::check,    StepName::switch_live, StepName::reload,
                             StepName::verify,   StepName::postinstall};
constexpr std::array reload_only{StepName::reload, StepName::verify, StepName::postinstall};
constexpr std::array way_back{StepName::put_back, StepName::reload_back, StepName::verify_back,
                              StepName::rollback};
constexpr std::array reload_task{StepName::reload, StepName::verify};
constexpr std::array purge_task{StepName::purge};
constexpr auto job_task = [] {
    std::array<StepName, jobs_max> steps{};
    steps.fill(StepName::job);
    return steps;
}();

std::span<const StepName> plan(const Course& course) {
    switch (course.type) {
        case TaskType::reload:
            return reload_task;
        case TaskType::purge_cache:
            return purge_task;
        case TaskType::run_job:
            return std::span(job_task).first(
                static_cast<std::size_t>(std::clamp(course.job_count, 0, jobs_max)));
        case TaskType::apply_config:
            break;
    }
    if (course.is_reload_only) return reload_only;
    return forward;
}

bool is_backward(StepName step) {
    return std::ranges::find(way_back, step) != way_back.end();
}

bool has_finished(const Course& course, StepName step) {
    return std::ranges::find(course.finished, step) != course.finished.end();
}

std::optional<StepName> first_open(const Course& course, std::span<const StepName> steps) {
    const auto open =
        std::ranges::find_if_not(steps, [&](StepName step) { return has_finished(course, step); });
    return open == steps.end() ? std::nullopt : std::optional<StepName>(*open);
}

std::size_t done_count(const Course& course) {
    return static_cast<std::size_t>(
        std::ranges::count_if(course.finished, [](StepName step) { return !is_backward(step); }));
}

/// The next step while all goes well. By count, since a plan may repeat a step.
std::optional<StepName> next_forward(const Course& course) {
    const auto steps = plan(course);
    const std::size_t done = done_count(course);
    return done < steps.size() ? std::optional<StepName>(steps[done]) : std::nullopt;
}

bool is_apply(const Course& course) {
    return course.type == TaskType::apply_config;
}

/// The current step, or the next one, in words for people.
std::string place(const Course& course) {
    const auto step = course.current ? course.current : next_forward(course);
    if (!step) return "its end";
    if (*step != StepName::job || course.job_count == 1) return std::string(to_text(*step));
    return "job " + std::to_string(done_count(course) + 1) + " of " +
           std::to_string(course.job_count);
}

void add_error(Course& course, const std::string& error) {
    if (!course.last_error.empty()) course.last_error += "; ";
    course.last_error = release::shortened(course.last_error + error, last_error_bytes_max);
}

[[noreturn]] void broken_promise(const char* function, const Course& course) {
    std::fprintf(stderr, "edgeroll: apply machine: %s called out of turn at %s (status %s)\n",
                 function, place(course).c_str(),
                 std::string(release::to_text(course.status)).c_str());
    std::abort();
}

bool has_content_to_put_back(const Course& course) {
    return !course.is_reload_only && course.is_switched;
}

}  // namespace

std::string_view to_text(StepName name) {
    return step_words.text(name);
}

std::optional<StepName> step_from_text(std::string_view text) {
    return step_words.value(text);
}

bool is_past_return(const Course& course) {
    if (!is_apply(course)) return false;
    if (!course.is_reload_only) return course.is_switched;
    return course.current.has_value() || !course.finished.empty();
}

bool is_going_back(const Course& course) {
    if (course.current && is_backward(*course.current)) return true;
    if (std::ranges::any_of(course.finished, is_backward)) return true;
    return course.failed.has_value() && has_content_to_put_back(course) &&
           !release::has_mutant(release::Mutant::put_back_forgotten);
}

bool is_plausible(const Course& course) {
    const bool has_jobs = course.type == TaskType::run_job;
    if (has_jobs ? course.job_count < 1 || course.job_count > jobs_max : course.job_count != 0) {
        return false;
    }
    if (!is_apply(course) && (!course.is_reload_only || course.is_stuck)) return false;
    std::vector<StepName> done;
    std::ranges::copy_if(course.finished, std::back_inserter(done),
                         [](StepName step) { return !is_backward(step); });
    const auto steps = plan(course);
    if (done.size() > steps.size() || !std::equal(done.begin(), done.end(), steps.begin())) {
        return false;
    }
    const std::span back(course.finished.begin() + static_cast<std::ptrdiff_t>(done.size()),
                         course.finished.end());
    if (course.is_stuck) {
        if (back.empty() || back[0] != StepName::put_back || back.size() > 2) return false;
        if (back.size() == 2 && back[1] != StepName::rollback) return false;
    } else if (back.size() > way_back.size() ||
               !std::equal(back.begin(), back.end(), way_back.begin())) {
        return false;
    }
    if (!back.empty() && (!course.failed || !course.is_switched || course.is_reload_only)) {
        return false;
    }
    if (course.is_reload_only && course.is_switched) return false;
    if (!course.is_reload_only && done.size() > 4 && !course.is_switched &&
        course.status == TaskStatus::running) {
        return false;
    }
    if (course.status == TaskStatus::pending) return !course.current && course.finished.empty();
    if (release::is_final(course.status)) return !course.current;
    if (!course.current) return true;
    Course before = course;
    before.current.reset();
    before.is_cancel_wanted = before.is_time_up = false;
    if (*course.current == StepName::switch_live && done.size() == 4) return course.is_switched;
    return next_step(before) == course.current;
}

std::optional<StepName> next_step(const Course& course) {
    if (release::is_final(course.status)) return std::nullopt;
    if (course.current) return course.current;
    if (is_going_back(course)) {
        if (course.is_stuck) {
            return has_finished(course, StepName::rollback)
                       ? std::nullopt
                       : std::optional<StepName>(StepName::rollback);
        }
        return first_open(course, way_back);
    }
    if (course.failed) return std::nullopt;
    if (!is_past_return(course) && (course.is_cancel_wanted || course.is_time_up)) {
        return std::nullopt;
    }
    if (course.is_time_up) {
        if (course.is_reload_only) return std::nullopt;
        return next_forward(course) ? std::optional<StepName>(StepName::put_back) : std::nullopt;
    }
    return next_forward(course);
}

Course begin_step(Course course, StepName step) {
    if (course.current || next_step(course) != step) broken_promise("begin_step", course);
    if (step == StepName::put_back && !course.failed) {
        // Only a timeout starts the rollback without a failed step.
        course.failed = next_forward(course);
        add_error(course, "the task's time was up before " + place(course));
    }
    course.status = TaskStatus::running;
    course.current = step;
    if (step == StepName::switch_live) course.is_switched = true;
    return course;
}

Course end_step(Course course, const StepResult& result) {
    if (!course.current) broken_promise("end_step", course);
    const StepName step = *course.current;
    course.current.reset();
    course.finished.push_back(step);
    if (is_backward(step)) {
        if (!result.is_ok) {
            if (step == StepName::put_back) course.is_stuck = true;
            add_error(course, std::string(to_text(step)) + " failed too: " + result.error);
        }
        if (!next_step(course)) course.status = TaskStatus::failed;
        return course;
    }
    if (!result.is_ok) {
        const std::string called =
            result.called.empty() ? std::string(to_text(step)) : result.called;
        const bool may_be_cancelled = !course.is_reload_only || !is_apply(course);
        course.failed = step;
        if (has_content_to_put_back(course)) {
            add_error(course, called + " failed: " + result.error);
        } else if (course.is_cancel_wanted && may_be_cancelled) {
            course.status = TaskStatus::cancelled;
            course.last_error = "cancelled during " + called;
        } else {
            course.status = TaskStatus::failed;
            add_error(course, called + " failed: " + result.error);
        }
        return course;
    }
    if (!next_forward(course)) course.status = TaskStatus::success;
    return course;
}

Course settle(Course course) {
    if (release::is_final(course.status)) return course;
    if (next_step(course)) broken_promise("settle", course);
    const std::string where = place(course);
    if (course.is_cancel_wanted && !is_past_return(course)) {
        course.status = TaskStatus::cancelled;
        course.last_error = course.finished.empty() ? "cancelled while it was waiting"
                                                    : "cancelled before " + where;
        return course;
    }
    if (course.is_time_up && !course.failed) {
        if (is_apply(course)) course.failed = next_forward(course);
        add_error(course, course.finished.empty() ? "the task's time was up while it was waiting"
                                                  : "the task's time was up before " + where);
    }
    course.status = TaskStatus::failed;
    return course;
}

Course recover(Course course, bool is_live_new) {
    if (course.status != TaskStatus::running) return course;
    const std::string where = place(course);
    const bool was_begun = course.current.has_value();
    const auto interrupted = std::exchange(course.current, std::nullopt);
    const std::string restarted =
        std::string("the agent was restarted ") + (was_begun ? "during " : "before ") + where;
    const auto fail_untouched = [&] {
        if (is_apply(course)) course.failed = interrupted ? interrupted : next_forward(course);
        course.status = course.is_cancel_wanted ? TaskStatus::cancelled : TaskStatus::failed;
        add_error(course, course.is_cancel_wanted ? "cancelled; " + restarted : restarted);
    };
    if (!is_apply(course)) {
        fail_untouched();
        return course;
    }
    if (course.is_reload_only) {
        // A reload of unchanged content is repeatable and has nothing to roll back.
        if (!was_begun && course.finished.empty()) fail_untouched();
        return course;
    }
    if (!course.is_switched) {
        fail_untouched();
        return course;
    }
    if (is_going_back(course)) return course;
    if (interrupted == StepName::switch_live) {
        if (is_live_new) {
            course.finished.push_back(StepName::switch_live);
        } else {
            course.is_switched = false;
            fail_untouched();
        }
        return course;
    }
    if (!is_live_new) {
        // An operator moved `live` while the agent was down: return to the last good version.
        course.failed = interrupted ? interrupted : next_forward(course);
        add_error(course, restarted + " and found that live points to another version");
    }
    return course;
}

int progress(const Course& course) {
    if (course.status == TaskStatus::success) return 100;
    std::size_t done = done_count(course);
    // If the failed step was executed, it is the last forward step.
    if (course.failed && has_finished(course, *course.failed)) --done;
    const std::size_t all = plan(course).size();
    return all == 0 ? 0 : static_cast<int>(done * 100 / all);
}

}  // namespace edgeroll::agent::apply
