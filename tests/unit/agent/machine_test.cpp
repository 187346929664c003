#include "agent/apply/machine.hpp"

#include <gtest/gtest.h>

#include <set>

namespace edgeroll::agent::apply {
namespace {

using release::TaskStatus;
using enum StepName;

const std::vector<StepName> forward{validate,    stage,  preinstall, check,
                                    switch_live, reload, verify,     postinstall};
const std::vector<StepName> way_back{put_back, reload_back, verify_back, rollback};

StepResult good() {
    return {};
}

StepResult bad(const std::string& error = "exit status 1") {
    StepResult result;
    result.is_ok = false;
    result.exit_code = 1;
    result.error = error;
    return result;
}

/// Runs the machine to its end; the steps in `failing` fail. Returns the steps in order.
std::vector<StepName> run(Course& course, const std::set<StepName>& failing) {
    std::vector<StepName> done;
    while (const auto step = next_step(course)) {
        course = begin_step(course, *step);
        EXPECT_TRUE(is_plausible(course)) << to_text(*step);
        done.push_back(*step);
        course = end_step(course, failing.contains(*step) ? bad() : good());
        EXPECT_TRUE(is_plausible(course)) << to_text(*step);
    }
    course = settle(course);
    EXPECT_TRUE(is_plausible(course));
    return done;
}

/// A course that has done the forward steps before `step` and begun `step`.
Course begun(StepName step) {
    Course course;
    for (const StepName earlier : forward) {
        course = begin_step(course, earlier);
        if (earlier == step) return course;
        course = end_step(course, good());
    }
    ADD_FAILURE() << "not a forward step";
    return course;
}

Course done_before(StepName step) {
    Course course;
    for (const StepName earlier : forward) {
        if (earlier == step) return course;
        course = end_step(begin_step(course, earlier), good());
    }
    return course;
}

TEST(Machine, does_all_steps_in_order_when_nothing_fails) {
    Course course;
    EXPECT_EQ(run(course, {}), forward);
    EXPECT_EQ(course.status, TaskStatus::success);
    EXPECT_EQ(progress(course), 100);
    EXPECT_TRUE(course.last_error.empty());
}

TEST(Machine, words_are_the_contracts) {
    EXPECT_EQ(to_text(switch_live), "switch");
    for (const StepName step : forward)
        EXPECT_EQ(step_from_text(to_text(step)), step);
    for (const StepName step : way_back)
        EXPECT_EQ(step_from_text(to_text(step)), step);
    EXPECT_EQ(step_from_text("switch_live"), std::nullopt);
}

TEST(Machine, leaves_the_node_as_it_was_when_a_step_before_the_switch_fails) {
    for (const StepName failing : {validate, stage, preinstall, check}) {
        Course course;
        const auto done = run(course, {failing});
        EXPECT_EQ(done.back(), failing);
        EXPECT_EQ(course.status, TaskStatus::failed);
        EXPECT_EQ(course.failed, failing);
        EXPECT_FALSE(course.is_switched);
        EXPECT_EQ(course.last_error, std::string(to_text(failing)) + " failed: exit status 1");
        EXPECT_LT(progress(course), 100);
    }
}

TEST(Machine, takes_the_whole_way_back_when_a_step_from_the_switch_on_fails) {
    for (const StepName failing : {switch_live, reload, verify, postinstall}) {
        Course course;
        auto expected = std::vector<StepName>(forward.begin(),
                                              std::find(forward.begin(), forward.end(), failing));
        expected.push_back(failing);
        expected.insert(expected.end(), way_back.begin(), way_back.end());
        EXPECT_EQ(run(course, {failing}), expected);
        EXPECT_EQ(course.status, TaskStatus::failed);
        EXPECT_EQ(course.failed, failing);
    }
}

TEST(Machine, names_both_failures_when_the_way_back_fails_too) {
    Course course;
    run(course, {verify, verify_back});
    EXPECT_EQ(course.last_error,
              "verify failed: exit status 1; verify_back failed too: exit status 1");
    EXPECT_EQ(course.failed, verify);
}

TEST(Machine, reloads_nothing_when_live_could_not_be_put_back) {
    Course course;
    const auto done = run(course, {reload, put_back});
    const std::vector<StepName> expected{validate,    stage,  preinstall, check,
                                         switch_live, reload, put_back,   rollback};
    EXPECT_EQ(done, expected);
    EXPECT_EQ(course.status, TaskStatus::failed);
    EXPECT_TRUE(course.is_stuck);
}

TEST(Machine, only_reloads_when_there_is_no_content) {
    Course course;
    course.is_reload_only = true;
    EXPECT_EQ(run(course, {}), (std::vector<StepName>{reload, verify, postinstall}));
    EXPECT_EQ(course.status, TaskStatus::success);
    for (const StepName failing : {reload, verify, postinstall}) {
        Course other;
        other.is_reload_only = true;
        EXPECT_EQ(run(other, {failing}).back(), failing);
        EXPECT_EQ(other.status, TaskStatus::failed);
        EXPECT_FALSE(other.is_switched);
    }
}

TEST(Machine, cancels_between_steps_before_the_switch) {
    for (const StepName step : {stage, preinstall, check, switch_live}) {
        Course course = done_before(step);
        course.is_cancel_wanted = true;
        EXPECT_EQ(next_step(course), std::nullopt);
        course = settle(course);
        EXPECT_EQ(course.status, TaskStatus::cancelled);
        EXPECT_EQ(course.last_error, "cancelled before " + std::string(to_text(step)));
    }
}

TEST(Machine, is_cancelled_when_a_killed_step_was_before_the_switch) {
    for (const StepName step : {validate, stage, preinstall, check}) {
        Course course = begun(step);
        course.is_cancel_wanted = true;
        course = end_step(course, bad("killed"));
        EXPECT_EQ(course.status, TaskStatus::cancelled);
        EXPECT_EQ(course.last_error, "cancelled during " + std::string(to_text(step)));
    }
}

/// The journal must be able to read it back.
TEST(Machine, keeps_the_two_ends_of_long_errors) {
    Course course = end_step(begun(reload), bad("first" + std::string(1U << 20, 'x') + "\n"));
    course = end_step(begin_step(course, put_back), bad(std::string(1U << 20, 'y') + "last"));
    EXPECT_LE(course.last_error.size(), 16U << 10);
    EXPECT_EQ(course.last_error.find("reload failed: first"), 0U);
    EXPECT_TRUE(course.last_error.ends_with("yylast"));
}

TEST(Machine, ends_as_it_ends_when_a_cancel_comes_after_the_switch) {
    Course course = begun(switch_live);
    course.is_cancel_wanted = true;
    course = end_step(course, good());
    run(course, {});
    EXPECT_EQ(course.status, TaskStatus::success);
    Course other = begun(switch_live);
    other.is_cancel_wanted = true;
    run(other = end_step(other, bad()), {});
    EXPECT_EQ(other.status, TaskStatus::failed);
}

TEST(Machine, starts_no_step_before_the_switch_when_the_time_is_up) {
    Course waiting;
    waiting.is_time_up = true;
    EXPECT_EQ(next_step(waiting), std::nullopt);
    waiting = settle(waiting);
    EXPECT_EQ(waiting.status, TaskStatus::failed);
    EXPECT_EQ(waiting.last_error, "the task's time was up while it was waiting");
    Course course = done_before(check);
    course.is_time_up = true;
    EXPECT_EQ(next_step(course), std::nullopt);
    course = settle(course);
    EXPECT_EQ(course.status, TaskStatus::failed);
    EXPECT_EQ(course.last_error, "the task's time was up before check");
}

TEST(Machine, goes_back_when_the_time_is_up_after_the_switch) {
    for (const StepName step : {reload, verify, postinstall}) {
        Course course = done_before(step);
        course.is_time_up = true;
        EXPECT_EQ(run(course, {}), way_back);
        EXPECT_EQ(course.status, TaskStatus::failed);
        EXPECT_EQ(course.failed, step);
        EXPECT_EQ(course.last_error, "the task's time was up before " + std::string(to_text(step)));
    }
}

TEST(Machine, ends_without_way_back_when_the_time_of_a_reload_is_up) {
    Course course;
    course.is_reload_only = true;
    course = end_step(begin_step(course, reload), good());
    course.is_time_up = true;
    EXPECT_EQ(next_step(course), std::nullopt);
    EXPECT_EQ(settle(course).status, TaskStatus::failed);
}

TEST(Machine, recovers_to_failed_when_killed_before_the_switch) {
    for (const StepName step : {validate, stage, preinstall, check}) {
        const Course course = recover(begun(step), false);
        EXPECT_EQ(course.status, TaskStatus::failed);
        EXPECT_EQ(course.failed, step);
        EXPECT_EQ(course.last_error,
                  "the agent was restarted during " + std::string(to_text(step)));
    }
    for (const StepName step : {stage, preinstall, check, switch_live}) {
        const Course course = recover(done_before(step), false);
        EXPECT_EQ(course.status, TaskStatus::failed);
        EXPECT_EQ(course.last_error,
                  "the agent was restarted before " + std::string(to_text(step)));
    }
}

TEST(Machine, recovers_to_cancelled_when_killed_while_cancelling) {
    Course course = begun(check);
    course.is_cancel_wanted = true;
    EXPECT_EQ(recover(course, false).status, TaskStatus::cancelled);
}

TEST(Machine, keeps_waiting_and_finished_tasks_as_they_are_when_restarted) {
    EXPECT_EQ(recover(Course{}, true), Course{});
    Course course;
    run(course, {});
    EXPECT_EQ(recover(course, true), course);
    Course failed;
    run(failed, {verify});
    EXPECT_EQ(recover(failed, false), failed);
}

TEST(Machine, believes_live_when_killed_during_the_switch) {
    const Course untouched = recover(begun(switch_live), false);
    EXPECT_EQ(untouched.status, TaskStatus::failed);
    EXPECT_FALSE(untouched.is_switched);
    Course switched = recover(begun(switch_live), true);
    EXPECT_EQ(next_step(switched), reload);
    run(switched, {});
    EXPECT_EQ(switched.status, TaskStatus::success);
}

TEST(Machine, repeats_the_step_when_killed_after_the_switch) {
    for (const StepName step : {reload, verify, postinstall}) {
        Course course = recover(begun(step), true);
        EXPECT_EQ(next_step(course), step);
        run(course, {});
        EXPECT_EQ(course.status, TaskStatus::success);
        Course between = recover(done_before(step), true);
        EXPECT_EQ(next_step(between), step);
    }
}

TEST(Machine, goes_back_when_live_was_moved_by_others_while_the_agent_was_away) {
    for (const StepName step : {reload, verify, postinstall}) {
        Course course = recover(begun(step), false);
        EXPECT_EQ(run(course, {}), way_back);
        EXPECT_EQ(course.status, TaskStatus::failed);
        EXPECT_EQ(course.failed, step);
    }
}

TEST(Machine, goes_on_going_back_when_killed_on_the_way_back) {
    for (std::size_t at = 0; at < way_back.size(); ++at) {
        for (const bool is_live_new : {false, true}) {
            Course course = end_step(begun(verify), bad());
            for (std::size_t i = 0; i < at; ++i) {
                course = end_step(begin_step(course, way_back[i]), good());
            }
            EXPECT_EQ(next_step(recover(course, is_live_new)), way_back[at]);
            course = recover(begin_step(course, way_back[at]), is_live_new);
            EXPECT_TRUE(is_plausible(course));
            EXPECT_EQ(next_step(course), way_back[at]);
            run(course, {});
            EXPECT_EQ(course.status, TaskStatus::failed);
            EXPECT_EQ(course.last_error, "verify failed: exit status 1");
        }
    }
}

TEST(Machine, repeats_a_reload_without_content_when_killed) {
    Course course;
    course.is_reload_only = true;
    course = recover(begin_step(course, reload), false);
    EXPECT_EQ(course.status, TaskStatus::running);
    EXPECT_EQ(next_step(course), reload);
}

TEST(Machine, recovering_twice_is_recovering_once) {
    for (const StepName step : forward) {
        for (const bool is_live_new : {false, true}) {
            const Course once = recover(begun(step), is_live_new);
            EXPECT_EQ(recover(once, is_live_new), once) << to_text(step);
        }
    }
}

TEST(Machine, progress_never_falls) {
    for (const StepName failing : forward) {
        Course course;
        int before = 0;
        while (const auto step = next_step(course)) {
            course = begin_step(course, *step);
            course = end_step(course, *step == failing ? bad() : good());
            EXPECT_GE(progress(course), before);
            EXPECT_LT(progress(course), 100);
            before = progress(course);
        }
    }
}

TEST(Machine, refuses_courses_that_cannot_be) {
    Course course;
    course.status = TaskStatus::running;
    course.finished = {stage};
    EXPECT_FALSE(is_plausible(course));
    course.finished = {validate, validate};
    EXPECT_FALSE(is_plausible(course));
    course.finished = {validate, put_back};
    EXPECT_FALSE(is_plausible(course));
    course.finished = {validate};
    course.current = check;
    EXPECT_FALSE(is_plausible(course));
    course = done_before(reload);
    course.is_switched = false;
    EXPECT_FALSE(is_plausible(course));
    Course pending;
    pending.current = validate;
    EXPECT_FALSE(is_plausible(pending));
}

TEST(MachineDeath, ends_the_process_when_a_step_is_begun_out_of_turn) {
    EXPECT_DEATH((void)begin_step(Course{}, check), "begin_step called out of turn");
    EXPECT_DEATH((void)end_step(Course{}, good()), "end_step called out of turn");
}

}  // namespace
}  // namespace edgeroll::agent::apply
