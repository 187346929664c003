// The machine with tasks other than apply_config.
#include <gtest/gtest.h>

#include "agent/apply/machine.hpp"

namespace edgeroll::agent::apply {
namespace {

using release::TaskStatus;
using enum StepName;

Course course_of(TaskType type, int job_count = 0) {
    Course course;
    course.type = type;
    course.job_count = job_count;
    course.is_reload_only = true;
    return course;
}

StepResult bad_call(const std::string& called = "") {
    StepResult result;
    result.is_ok = false;
    result.error = "exit status 1";
    result.called = called;
    return result;
}

/// Does the next step successfully.
Course one_more(Course course) {
    course = begin_step(course, next_step(course).value());
    EXPECT_TRUE(is_plausible(course));
    course = end_step(course, {});
    EXPECT_TRUE(is_plausible(course));
    return course;
}

const std::vector<Course> all_types{course_of(TaskType::reload), course_of(TaskType::purge_cache),
                                    course_of(TaskType::run_job, 3)};

TEST(MachineTypes, words_are_the_contracts) {
    for (const char* word : {"apply_config", "reload", "purge_cache", "run_job"}) {
        EXPECT_EQ(to_text(release::from_text<TaskType>(word).value()), word);
    }
    EXPECT_FALSE(release::from_text<TaskType>("reboot"));
    EXPECT_FALSE(release::from_text<TaskType>(""));
}

TEST(MachineTypes, does_the_steps_of_its_type_in_order) {
    const std::vector<std::vector<StepName>> plans{{reload, verify}, {purge}, {job, job, job}};
    for (std::size_t i = 0; i < all_types.size(); ++i) {
        Course course = all_types[i];
        EXPECT_EQ(progress(course), 0);
        int last = 0;
        while (!release::is_final(course.status)) {
            course = one_more(course);
            EXPECT_GT(progress(course), last);
            last = progress(course);
        }
        EXPECT_EQ(course.status, TaskStatus::success);
        EXPECT_EQ(course.finished, plans[i]);
        EXPECT_EQ(progress(course), 100);
    }
}

TEST(MachineTypes, progress_is_the_share_of_jobs_that_are_done) {
    Course course = one_more(course_of(TaskType::run_job, 4));
    EXPECT_EQ(progress(course), 25);
    course = one_more(course);
    EXPECT_EQ(progress(course), 50);
    course = end_step(begin_step(course, job), bad_call());
    EXPECT_EQ(progress(course), 50);
}

TEST(MachineTypes, ends_with_the_first_failure_and_undoes_nothing) {
    Course course = one_more(course_of(TaskType::run_job, 3));
    course = end_step(begin_step(course, job), bad_call("job:warm"));
    EXPECT_EQ(course.status, TaskStatus::failed);
    EXPECT_EQ(course.last_error, "job:warm failed: exit status 1");
    EXPECT_EQ(next_step(course), std::nullopt);
    EXPECT_FALSE(is_going_back(course));
    EXPECT_TRUE(is_plausible(course));
}

TEST(MachineTypes, can_be_cancelled_at_any_time) {
    for (const Course& fresh : all_types) {
        Course course = begin_step(fresh, *next_step(fresh));
        EXPECT_FALSE(is_past_return(course));
        course.is_cancel_wanted = true;
        course = end_step(course, bad_call());
        EXPECT_EQ(course.status, TaskStatus::cancelled);
    }
    Course between = one_more(course_of(TaskType::run_job, 3));
    between.is_cancel_wanted = true;
    EXPECT_EQ(next_step(between), std::nullopt);
    between = settle(between);
    EXPECT_EQ(between.status, TaskStatus::cancelled);
    EXPECT_EQ(between.last_error, "cancelled before job 2 of 3");
}

TEST(MachineTypes, starts_nothing_when_the_time_is_up) {
    for (Course course : all_types) {
        course.is_time_up = true;
        EXPECT_EQ(next_step(course), std::nullopt);
        EXPECT_EQ(settle(course).status, TaskStatus::failed);
    }
    Course between = one_more(course_of(TaskType::run_job, 2));
    between.is_time_up = true;
    between = settle(between);
    EXPECT_EQ(between.last_error, "the task's time was up before job 2 of 2");
    EXPECT_EQ(progress(between), 50);
    EXPECT_TRUE(is_plausible(between));
}

TEST(MachineTypes, is_failed_and_never_repeated_when_killed) {
    for (const Course& fresh : all_types) {
        EXPECT_EQ(recover(fresh, true), fresh) << "a waiting task goes on waiting";
        const Course course = recover(begin_step(fresh, *next_step(fresh)), true);
        EXPECT_EQ(course.status, TaskStatus::failed);
        EXPECT_NE(course.last_error.find("the agent was restarted during"), std::string::npos);
        EXPECT_EQ(next_step(course), std::nullopt);
        EXPECT_TRUE(is_plausible(course));
    }
    const Course between = recover(one_more(course_of(TaskType::run_job, 3)), true);
    EXPECT_EQ(between.status, TaskStatus::failed);
    EXPECT_EQ(between.last_error, "the agent was restarted before job 2 of 3");
    EXPECT_EQ(progress(between), 33);
}

TEST(MachineTypes, refuses_courses_that_cannot_be) {
    EXPECT_FALSE(is_plausible(course_of(TaskType::run_job, 0)));
    EXPECT_FALSE(is_plausible(course_of(TaskType::run_job, -1)));
    EXPECT_FALSE(is_plausible(course_of(TaskType::run_job, jobs_max + 1)));
    EXPECT_TRUE(is_plausible(course_of(TaskType::run_job, jobs_max)));
    EXPECT_FALSE(is_plausible(course_of(TaskType::reload, 1)));
    Course course = course_of(TaskType::reload);
    course.is_reload_only = false;
    EXPECT_FALSE(is_plausible(course));
    course = course_of(TaskType::run_job, 1);
    course.status = TaskStatus::running;
    course.finished = {job, job};
    EXPECT_FALSE(is_plausible(course));
    course.finished = {reload};
    EXPECT_FALSE(is_plausible(course));
    course.finished = {job, rollback};
    EXPECT_FALSE(is_plausible(course));
}

}  // namespace
}  // namespace edgeroll::agent::apply
