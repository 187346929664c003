#include "agent/apply/ledger.hpp"

#include <gtest/gtest.h>

#include "release/result.hpp"

namespace edgeroll::agent::apply {
namespace {

using release::Epoch;
using release::TaskStatus;
using release::Version;
using Kind = Admission::Kind;
namespace code = release::code;

Offer offer(const std::string& id, std::int64_t version, const std::string& sha = "aa",
            std::optional<std::int64_t> epoch = std::nullopt) {
    Offer made;
    made.task_id = id;
    made.version = Version{version};
    made.sha256 = sha;
    if (epoch) made.epoch = Epoch{*epoch};
    return made;
}

Ledger taken(Ledger ledger, const Offer& what) {
    const auto admitted = admit(ledger, what, 16);
    return record(std::move(ledger), what, admitted);
}

void finish(Ledger& ledger, const std::string& id, TaskStatus status) {
    Course course = ledger.tasks.at(id).course;
    course.status = status;
    advance(ledger, id, course);
}

TEST(Ledger, runs_a_new_task) {
    const Offer first = offer("t1", 1);
    const Admission admission = admit({}, first, 16);
    EXPECT_EQ(admission.kind, Kind::run);
    EXPECT_EQ(admission.status, TaskStatus::pending);
    const Ledger ledger = record({}, first, admission);
    EXPECT_EQ(next_task(ledger), "t1");
    EXPECT_FALSE(ledger.tasks.at("t1").course.is_reload_only);
}

TEST(Ledger, repeats_a_known_task_whatever_has_become_of_it) {
    Ledger ledger = taken({}, offer("t1", 1));
    EXPECT_EQ(admit(ledger, offer("t1", 1), 16).kind, Kind::repeat);
    for (const auto status : {TaskStatus::running, TaskStatus::failed, TaskStatus::success}) {
        finish(ledger, "t1", status);
        const Admission again = admit(ledger, offer("t1", 1), 0);
        EXPECT_EQ(again.kind, Kind::repeat);
        EXPECT_EQ(again.status, status);
    }
}

TEST(Ledger, refuses_an_epoch_below_the_highest_seen_for_the_version) {
    Ledger ledger = taken({}, offer("t1", 1, "aa", 5));
    const Admission older = admit(ledger, offer("t1", 1, "aa", 4), 16);
    EXPECT_EQ(older.kind, Kind::refuse);
    EXPECT_EQ(older.code, code::wrong_state);
    EXPECT_EQ(admit(ledger, offer("t1", 1, "aa", 5), 16).kind, Kind::repeat);
    ledger = taken(ledger, offer("t1", 1, "aa", 7));
    EXPECT_EQ(admit(ledger, offer("t1", 1, "aa", 6), 16).kind, Kind::refuse);
    EXPECT_EQ(admit(ledger, offer("t2", 2, "bb", 1), 16).kind, Kind::run) << "per version";
    EXPECT_EQ(admit(ledger, offer("t1", 1), 16).kind, Kind::repeat) << "no epoch, no fence";
}

// Rows were deleted and inserted again, or a database was restored: same version, different
// release.
TEST(Ledger, answers_a_known_task_from_memory_only_for_the_order_that_it_was_used_for) {
    Offer first = offer("t1", 1);
    first.order_id = "a";
    Ledger ledger = taken({}, first);
    for (const auto status : {TaskStatus::pending, TaskStatus::failed, TaskStatus::success}) {
        finish(ledger, "t1", status);
        EXPECT_EQ(admit(ledger, first, 16).kind, Kind::repeat);
        Offer other = first;
        other.order_id = "b";
        const Admission refused = admit(ledger, other, 16);
        EXPECT_EQ(refused.kind, Kind::refuse);
        EXPECT_EQ(refused.code, code::exists);
        EXPECT_EQ(refused.message, "task t1 was used for another release, of another order");
        other = first;
        other.sha256 = "bb";
        EXPECT_EQ(admit(ledger, other, 16).message,
                  "task t1 was used for another release, with other content");
        other.order_id.clear();
        EXPECT_EQ(admit(ledger, other, 16).code, code::exists) << "an older control";
        other.sha256 = first.sha256;
        EXPECT_EQ(admit(ledger, other, 16).kind, Kind::repeat) << "an older control takes over";
        other.version = Version{2};
        EXPECT_EQ(admit(ledger, other, 16).code, code::exists);
        other = first;
        other.type = TaskType::reload;
        EXPECT_EQ(admit(ledger, other, 16).code, code::exists);
    }
}

TEST(Ledger, takes_no_task_of_a_control_without_orders_for_that_of_an_order) {
    const Ledger ledger = taken({}, offer("t1", 1));
    Offer successor = offer("t1", 1);
    successor.order_id = "a";
    EXPECT_EQ(admit(ledger, successor, 16).code, code::exists);
}

TEST(Ledger, lets_the_rules_of_versions_decide_under_the_next_task_id) {
    Offer first = offer("t1", 1);
    first.order_id = "a";
    Ledger ledger = taken({}, first);
    Offer mended = offer("t1_2", 1, "bb");
    mended.order_id = "b";
    EXPECT_EQ(admit(ledger, mended, 16).code, code::wrong_state) << "the first one may still run";
    finish(ledger, "t1", TaskStatus::failed);
    EXPECT_EQ(admit(ledger, mended, 16).kind, Kind::run);
    finish(ledger, "t1", TaskStatus::success);
    EXPECT_EQ(admit(ledger, mended, 16).message,
              "version 1 is applied with other content; use a new, higher version");
}

TEST(Ledger, fences_by_epoch_within_one_order_only) {
    Offer old = offer("t1", 1, "aa", 5);
    old.order_id = "a";
    Ledger ledger = taken({}, old);
    finish(ledger, "t1", TaskStatus::failed);
    Offer successor = offer("t1_2", 1, "bb", 1);
    successor.order_id = "b";
    EXPECT_EQ(admit(ledger, successor, 16).kind, Kind::run);
    ledger = taken(ledger, successor);
    old.epoch = Epoch{4};
    EXPECT_EQ(admit(ledger, old, 16).code, code::wrong_state) << "the one before stays fenced";
    successor.epoch = Epoch{3};
    ledger = taken(ledger, successor);
    successor.epoch = Epoch{2};
    EXPECT_EQ(admit(ledger, successor, 16).code, code::wrong_state);
}

TEST(Ledger, fences_by_epoch_and_content_where_no_order_is_given) {
    Offer old = offer("t1", 1, "aa", 5);
    old.order_id = "a";  // a newer control owned it before
    const Ledger ledger = taken({}, old);
    EXPECT_EQ(admit(ledger, offer("t1", 1, "aa", 4), 16).code, code::wrong_state);
    EXPECT_EQ(admit(ledger, offer("t1", 1, "aa", 6), 16).kind, Kind::repeat);
    EXPECT_EQ(admit(ledger, offer("t1", 1, "bb", 4), 16).code, code::exists);
}

TEST(Ledger, keeps_no_epoch_of_a_refused_dispatch) {
    Ledger ledger = taken({}, offer("t9", 9));
    const Offer low = offer("t3", 3, "aa", 8);
    ledger = record(ledger, low, admit(ledger, low, 16));
    EXPECT_TRUE(ledger.highest_epoch.empty());
    EXPECT_FALSE(ledger.tasks.contains("t3"));
}

TEST(Ledger, is_done_at_once_when_the_same_content_is_applied) {
    Ledger ledger = taken({}, offer("t1", 4));
    finish(ledger, "t1", TaskStatus::success);
    EXPECT_EQ(ledger.applied_version, Version{4});
    EXPECT_EQ(ledger.applied_sha256, "aa");
    const Offer again = offer("t1_2", 4);
    const Admission admission = admit(ledger, again, 16);
    EXPECT_EQ(admission.kind, Kind::done);
    EXPECT_EQ(admission.status, TaskStatus::success);
    ledger = record(ledger, again, admission);
    EXPECT_EQ(ledger.tasks.at("t1_2").course.status, TaskStatus::success);
    EXPECT_EQ(next_task(ledger), std::nullopt);
}

TEST(Ledger, runs_a_repair_of_what_is_applied_and_of_nothing_else) {
    Ledger ledger = taken({}, offer("t1", 5));
    finish(ledger, "t1", TaskStatus::success);
    Offer repair = offer("t2", 5);
    repair.is_repair = true;
    EXPECT_EQ(admit(ledger, repair, 16).kind, Kind::run);
    EXPECT_TRUE(taken(ledger, repair).tasks.at("t2").is_repair);
    repair.sha256 = "bb";
    EXPECT_EQ(admit(ledger, repair, 16).kind, Kind::refuse);
    // Where live was adopted, nobody knows what version 5 was.
    ledger.applied_sha256.clear();
    EXPECT_EQ(admit(ledger, repair, 16).kind, Kind::run);
    repair.version = Version{4};
    EXPECT_EQ(admit(ledger, repair, 16).kind, Kind::refuse);
    repair.version = Version{5};
    ledger.banned.insert("bb");
    EXPECT_EQ(admit(ledger, repair, 16).code, code::wrong_state);
    ledger.banned.clear();
    ledger = taken(std::move(ledger), offer("t3", 6));
    EXPECT_EQ(admit(ledger, repair, 16).kind, Kind::refuse) << "version 6 is about to come";
}

TEST(Ledger, refuses_a_lower_version_and_the_same_with_other_content) {
    Ledger ledger = taken({}, offer("t1", 4));
    finish(ledger, "t1", TaskStatus::success);
    EXPECT_EQ(admit(ledger, offer("t2", 3), 16).code, code::wrong_state);
    EXPECT_EQ(admit(ledger, offer("t2", 4, "bb"), 16).code, code::wrong_state);
    EXPECT_EQ(admit(ledger, offer("t2", 5, "bb"), 16).kind, Kind::run);
}

TEST(Ledger, refuses_a_version_not_above_an_unfinished_tasks) {
    Ledger ledger = taken({}, offer("t5", 5));
    EXPECT_EQ(admit(ledger, offer("t4", 4), 16).code, code::wrong_state);
    EXPECT_EQ(admit(ledger, offer("t5_2", 5), 16).code, code::wrong_state);
    EXPECT_EQ(admit(ledger, offer("t6", 6), 16).kind, Kind::run);
    finish(ledger, "t5", TaskStatus::failed);
    EXPECT_EQ(admit(ledger, offer("t5_2", 5), 16).kind, Kind::run) << "a second attempt";
    EXPECT_EQ(admit(ledger, offer("t4", 4), 16).kind, Kind::run) << "5 was never applied";
}

TEST(Ledger, does_not_call_done_what_a_waiting_task_will_replace) {
    Ledger ledger = taken({}, offer("t1", 1));
    finish(ledger, "t1", TaskStatus::success);
    ledger = taken(ledger, offer("t2", 2, "bb"));
    EXPECT_EQ(admit(ledger, offer("t1_2", 1), 16).code, code::wrong_state);
}

TEST(Ledger, takes_reloads_of_any_version) {
    Ledger ledger = taken({}, offer("t5", 5));
    finish(ledger, "t5", TaskStatus::success);
    ledger = taken(ledger, offer("r2", 2, ""));
    EXPECT_TRUE(ledger.tasks.at("r2").course.is_reload_only);
    finish(ledger, "r2", TaskStatus::success);
    EXPECT_EQ(ledger.applied_version, Version{5}) << "a reload applies nothing";
    ledger = taken(ledger, offer("r9", 9, ""));
    EXPECT_EQ(admit(ledger, offer("t6", 6), 16).kind, Kind::run);
}

TEST(Ledger, is_too_busy_when_the_queue_is_full) {
    Ledger ledger;
    for (int i = 1; i <= 3; ++i)
        ledger = taken(ledger, offer("t" + std::to_string(i), i));
    EXPECT_EQ(admit(ledger, offer("t4", 4), 3).kind, Kind::run) << "one of them is about to run";
    EXPECT_EQ(admit(ledger, offer("t4", 4), 2).code, code::busy);
    EXPECT_EQ(admit(ledger, offer("t3", 3), 2).kind, Kind::repeat) << "known tasks are answered";
    finish(ledger, "t1", TaskStatus::failed);
    EXPECT_EQ(admit(ledger, offer("t4", 4), 2).kind, Kind::run);
}

TEST(Ledger, runs_tasks_one_at_a_time_in_order_of_arrival) {
    Ledger ledger = taken(taken({}, offer("z", 1)), offer("a", 2));
    EXPECT_EQ(next_task(ledger), "z");
    finish(ledger, "z", TaskStatus::running);
    EXPECT_EQ(next_task(ledger), std::nullopt);
    finish(ledger, "z", TaskStatus::failed);
    EXPECT_EQ(next_task(ledger), "a");
}

TEST(Ledger, cancels_a_waiting_task_at_once) {
    Ledger ledger = taken({}, offer("t1", 1));
    const CancelAnswer answer = cancel(ledger, "t1");
    EXPECT_EQ(answer.code, code::ok);
    EXPECT_EQ(answer.status, TaskStatus::cancelled);
    EXPECT_EQ(next_task(ledger), std::nullopt);
    EXPECT_EQ(cancel(ledger, "t1").code, code::wrong_state) << "finished";
    EXPECT_EQ(cancel(ledger, "nobody").code, code::not_found);
}

TEST(Ledger, marks_a_running_task_and_is_too_late_after_its_switch) {
    Ledger ledger = taken({}, offer("t1", 1));
    Course course = begin_step(ledger.tasks.at("t1").course, StepName::validate);
    advance(ledger, "t1", course);
    const CancelAnswer answer = cancel(ledger, "t1");
    EXPECT_EQ(answer.code, code::ok);
    EXPECT_EQ(answer.status, TaskStatus::running);
    EXPECT_TRUE(ledger.tasks.at("t1").course.is_cancel_wanted);
    course.is_switched = true;
    advance(ledger, "t1", course);
    EXPECT_EQ(cancel(ledger, "t1").code, code::wrong_state);
}

TEST(Ledger, is_too_late_to_cancel_a_reload_that_has_begun) {
    Ledger ledger = taken({}, offer("r1", 1, ""));
    advance(ledger, "r1", begin_step(ledger.tasks.at("r1").course, StepName::reload));
    EXPECT_EQ(cancel(ledger, "r1").code, code::wrong_state);
}

}  // namespace
}  // namespace edgeroll::agent::apply
