// Time limits in working time, and failure limits with waived failures.
#include "release/limits.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "release/step.hpp"
#include "tests/support/rows.hpp"

namespace edgeroll::release {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using test::Desk;
using test::n1, test::n2, test::n3, test::n4, test::n5;
using test::Rows;

struct LimitsTest : testing::Test {
    Rows rows{{1, 2, 3}};
    Desk desk{rows};

    void fail(NodeId id) { desk.report(id, NodeStatus::failed, FailureKind::timeout, "late"); }
    void TearDown() override { EXPECT_THAT(desk.violations, testing::IsEmpty()); }
};

struct TimeLimits : LimitsTest {};

TEST_F(TimeLimits, fail_the_release_when_nothing_else_happens) {
    rows.header.policy.batch_timeout = seconds(90);
    desk.observe();
    EXPECT_EQ(desk.started.front().deadline, Rows::epoch + seconds(90));
    desk.sleep();
    EXPECT_EQ(desk.now, Rows::epoch + seconds(90));
    EXPECT_EQ(rows.count(NodeStatus::skipped), 2);
    EXPECT_EQ(rows.header.status, ReleaseStatus::running);  // running nodes end by their own report
    fail(n1);

    EXPECT_EQ(rows.header.status, ReleaseStatus::failed);
}

// A release that catches up has succeeded: a hanging node must neither fail it nor cause a
// rollback.
TEST_F(TimeLimits, end_nothing_where_every_failure_is_waived) {
    rows.header.policy.batch_timeout = seconds(60);
    rows.header.policy.release_timeout = seconds(90);
    rows.header.policy.on_failure = OnFailure::rollback;
    rows.header.waived_failures = 2;
    rows.header.catches_up = true;
    rows.find(n2)->status = NodeStatus::failed;
    rows.find(n3)->status = NodeStatus::success;
    desk.observe();
    desk.now = desk.started.back().deadline;
    fail(n1);

    EXPECT_EQ(rows.header.status, ReleaseStatus::success);
    EXPECT_EQ(rows.rollbacks, 0);
    EXPECT_EQ(desk.started.back().deadline, Rows::epoch + desk.state.rules.node_timeout);
}

TEST_F(TimeLimits, say_which_one_it_was) {
    rows.header.policy.batch_timeout = Millis{90'500};
    rows.header.policy.limits.failure_threshold = 9;
    desk.observe();
    desk.sleep();
    EXPECT_EQ(rows.header.last_error,
              "the batch was not done within its batch_timeout_sec of 90.5 s");
    Rows others({1});
    others.header.policy.release_timeout = seconds(30);
    Desk other(others);
    other.observe();
    other.sleep();
    EXPECT_EQ(others.header.last_error,
              "the release was not done within its release_timeout_sec of 30 s");
}

// The node's time counts from before the start was written, the release's from the write.
TEST_F(TimeLimits, are_named_where_a_nodes_time_ended_with_them) {
    for (const FailureKind kind : {FailureKind::timeout, FailureKind::exec_failed}) {
        Rows others({1});
        others.header.policy.release_timeout = seconds(30);
        Desk other(others);
        other.observe();
        other.now += seconds(30) - Millis{5};
        other.report(n1, NodeStatus::failed, kind, "no final word");

        const bool is_named =
            others.header.last_error.find("release_timeout_sec") != std::string::npos;
        EXPECT_EQ(is_named, kind == FailureKind::timeout) << others.header.last_error;
        EXPECT_EQ(others.header.status, ReleaseStatus::failed);
    }
}

TEST_F(TimeLimits, begin_anew_with_each_batch_but_not_for_the_release) {
    rows.header.policy.batch_timeout = seconds(60);
    rows.header.policy.release_timeout = seconds(100);
    desk.observe();
    desk.now += seconds(50);
    desk.report(n1, NodeStatus::success);
    EXPECT_EQ(rows.header.batch_work_start, seconds(50));
    EXPECT_EQ(desk.started.back().deadline, Rows::epoch + seconds(100));
    desk.now += seconds(40);
    desk.report(n2, NodeStatus::success);
    EXPECT_EQ(rows.header.current_batch, 3);
    desk.sleep();

    EXPECT_EQ(desk.now, Rows::epoch + seconds(100));
    EXPECT_THAT(rows.header.last_error, testing::HasSubstr("release_timeout_sec"));
}

TEST_F(TimeLimits, do_not_count_what_a_release_waits_between_batches) {
    rows.header.policy.release_timeout = seconds(60);
    rows.header.policy.batch_timeout = seconds(45);
    rows.header.policy.pauses_after_batch = true;
    desk.observe();
    desk.now += seconds(30);
    desk.report(n1, NodeStatus::success);
    EXPECT_EQ(desk.wake_at, never);
    for (int i = 0; i < 5; ++i) {
        desk.now += hours(1);
        desk.observe();
    }
    EXPECT_EQ(rows.header.status, ReleaseStatus::paused);
    desk.request(Action::resume);

    EXPECT_EQ(rows.header.status, ReleaseStatus::running);
    EXPECT_EQ(desk.started.back().deadline, desk.now + seconds(30));
    EXPECT_EQ(desk.wake_at, desk.now + seconds(30));
    EXPECT_EQ(rows.header.batch_work_start, seconds(30));
}

TEST_F(TimeLimits, do_not_run_out_in_a_pause_that_ends_by_itself) {
    rows.header.policy.release_timeout = seconds(60);
    rows.header.policy.bake = hours(1);
    rows.header.policy.batch_interval = hours(2);
    desk.observe();
    desk.now += seconds(20);
    desk.report(n1, NodeStatus::success);
    desk.sleep();
    desk.sleep();

    EXPECT_EQ(rows.header.status, ReleaseStatus::running);
    EXPECT_EQ(desk.wake_at, desk.now + seconds(40));
}

TEST_F(TimeLimits, do_not_count_a_pause_over_takeovers) {
    rows.header.policy.release_timeout = seconds(60);
    rows.header.policy.batch_interval = hours(2);
    desk.observe();
    desk.now += seconds(20);
    desk.report(n1, NodeStatus::success);
    rows.now = desk.now + hours(1);
    Desk second(rows);
    second.observe();
    rows.now += hours(1);
    Desk third(rows);
    third.observe();

    ASSERT_EQ(third.started.size(), 1U);
    EXPECT_EQ(third.started.front().deadline, third.now + seconds(40));
}

TEST_F(TimeLimits, do_not_count_a_pause_written_by_hand_once_nothing_runs) {
    rows = Rows({1, 1});
    rows.header.policy.batch_timeout = seconds(60);
    desk.state.rules.start_window = 1;
    desk.observe();
    rows.header.status = ReleaseStatus::paused;
    desk.observe();
    desk.now += seconds(10);
    desk.report(n1, NodeStatus::success);  // it worked until here
    desk.now += hours(1);
    desk.observe();
    EXPECT_EQ(rows.header.status, ReleaseStatus::paused);
    EXPECT_EQ(rows.count(NodeStatus::pending), 1);
    rows.header.status = ReleaseStatus::running;
    desk.observe();

    EXPECT_EQ(desk.started.size(), 2U);
    EXPECT_EQ(desk.wake_at, desk.now + seconds(50));
}

TEST_F(TimeLimits, count_nothing_before_the_first_batch) {
    rows.header.policy.release_timeout = seconds(60);
    rows.header.policy.windows = {{60, 300, 0}};
    desk.observe();
    desk.sleep();

    EXPECT_EQ(rows.header.status, ReleaseStatus::running);
    EXPECT_EQ(desk.wake_at, desk.now + seconds(60));
}

TEST_F(TimeLimits, are_kept_by_a_takeover) {
    rows.header.policy.release_timeout = seconds(60);
    desk.observe();
    rows.now += seconds(45);
    Desk other(rows);
    other.observe();

    EXPECT_EQ(other.started.front().deadline, other.now + seconds(15));
    EXPECT_EQ(other.wake_at, other.now + seconds(15));
}

TEST_F(TimeLimits, pause_the_release_and_give_the_batch_its_time_again_when_continued) {
    rows.header.policy.batch_timeout = seconds(60);
    rows.header.policy.on_failure = OnFailure::pause;
    rows.header.policy.limits.failure_threshold = 9;
    rows.nodes[1].batch = 1;
    desk.state.rules.start_window = 1;
    desk.observe();
    desk.sleep();
    EXPECT_EQ(rows.find(n2)->status, NodeStatus::pending);  // no longer started, not skipped
    EXPECT_EQ(rows.header.hold, Hold::none);
    fail(n1);
    EXPECT_EQ(rows.header.hold, Hold::failure);
    EXPECT_EQ(rows.header.status, ReleaseStatus::paused);
    desk.now += hours(1);
    desk.request(Action::resume);

    EXPECT_EQ(rows.header.status, ReleaseStatus::running);
    EXPECT_EQ(rows.find(n2)->status, NodeStatus::running);
    EXPECT_EQ(desk.wake_at, desk.now + seconds(60));
    EXPECT_EQ(rows.header.waived_failures, 1);  // tolerated, but no longer counted
    Desk other(rows);
    other.observe();
    EXPECT_EQ(other.wake_at, desk.now + seconds(60));
}

TEST_F(TimeLimits, give_the_release_its_time_again_when_continued) {
    rows.header.policy.release_timeout = seconds(60);
    rows.header.policy.on_failure = OnFailure::pause;
    desk.observe();
    desk.sleep();
    desk.report(n1, NodeStatus::success);
    EXPECT_EQ(rows.header.hold, Hold::failure);
    desk.request(Action::resume);
    EXPECT_EQ(desk.wake_at, desk.now + seconds(60));
    rows.now = desk.now + seconds(20);
    Desk other(rows);
    other.observe();

    EXPECT_EQ(other.wake_at, other.now + seconds(40));
}

// ---- failures ----

struct FailureLimits : LimitsTest {};

TEST_F(FailureLimits, waive_the_failures_so_far_when_a_pause_is_continued_between_batches) {
    rows.header.policy.on_failure = OnFailure::pause;
    desk.observe();
    fail(n1);
    EXPECT_EQ(rows.header.hold, Hold::failure);
    desk.request(Action::resume);
    EXPECT_EQ(rows.header.waived_failures, 1);
    EXPECT_TRUE(rows.has_history("waived"));
    EXPECT_EQ(rows.header.current_batch, 2);
    fail(n2);
    EXPECT_EQ(rows.header.hold, Hold::failure);  // the next failure counts from there
    desk.request(Action::resume);
    EXPECT_EQ(rows.header.waived_failures, 2);
    desk.report(n3, NodeStatus::success);

    EXPECT_EQ(rows.header.status, ReleaseStatus::success);
    EXPECT_EQ(rows.header.failed_nodes, 2);
}

TEST_F(FailureLimits, waive_in_the_middle_of_a_batch) {
    rows = Rows({1, 1, 1, 2});
    rows.header.policy.on_failure = OnFailure::pause;
    rows.header.policy.max_parallel = 2;
    desk.observe();
    fail(n1);
    EXPECT_EQ(rows.header.status, ReleaseStatus::running);  // n2 still runs
    EXPECT_EQ(rows.find(n3)->status, NodeStatus::pending);
    EXPECT_THAT(rows.header.last_error, testing::HasSubstr("edge-1"));
    desk.report(n2, NodeStatus::success);
    EXPECT_EQ(rows.header.hold, Hold::failure);
    EXPECT_EQ(rows.header.batch_status, BatchStatus::paused);
    desk.request(Action::resume);

    EXPECT_EQ(rows.find(n3)->status, NodeStatus::running);
    EXPECT_EQ(rows.header.current_batch, 1);
    EXPECT_EQ(rows.header.last_error, "");
    desk.report(n3, NodeStatus::success);
    EXPECT_EQ(rows.find(n4)->status, NodeStatus::running);
}

TEST_F(FailureLimits, waive_all_failures_so_far) {
    rows = Rows({1, 1, 2});
    rows.header.policy.on_failure = OnFailure::pause;
    desk.observe();
    fail(n1);
    fail(n2);
    desk.request(Action::resume);
    EXPECT_EQ(rows.header.waived_failures, 2);
    desk.report(n3, NodeStatus::success);

    EXPECT_EQ(rows.header.status, ReleaseStatus::success);
}

TEST_F(FailureLimits, are_not_waived_by_ending_a_pause_in_which_they_were_exceeded) {
    rows = Rows({1, 1, 1});
    desk.state.rules.start_window = 2;
    desk.observe();
    rows.header.status = ReleaseStatus::paused;
    desk.observe();
    fail(n1);
    desk.request(Action::resume);
    EXPECT_EQ(rows.header.waived_failures, 0);
    desk.report(n2, NodeStatus::success);

    EXPECT_EQ(rows.header.status, ReleaseStatus::failed);
    EXPECT_EQ(rows.find(n3)->status, NodeStatus::skipped);
}

TEST_F(FailureLimits, waive_what_was_tolerated_when_a_gate_paused_the_release) {
    rows.header.policy.on_failure = OnFailure::pause;
    rows.header.policy.limits.failure_threshold = 1;
    rows.header.policy.gates = {test::gate_at("http://gate/")};
    desk.observe();
    fail(n1);
    desk.answer(GateAnswer::Kind::fail, "403");
    EXPECT_EQ(rows.header.hold, Hold::failure);
    desk.request(Action::resume);
    EXPECT_EQ(rows.header.waived_failures, 1);
    fail(n2);

    EXPECT_EQ(rows.header.hold, Hold::gate);  // within the limit, which is counted from there
}

TEST_F(FailureLimits, waive_in_the_last_batch) {
    rows = Rows({1, 1});
    rows.header.policy.on_failure = OnFailure::pause;
    desk.observe();
    fail(n1);
    desk.report(n2, NodeStatus::success);
    EXPECT_EQ(rows.header.hold, Hold::failure);
    desk.request(Action::resume);

    EXPECT_EQ(rows.header.status, ReleaseStatus::success);
    EXPECT_EQ(rows.header.hold, Hold::none);
    EXPECT_TRUE(desk.is_let_go);
}

TEST_F(FailureLimits, keep_a_waiver_over_a_takeover) {
    rows.header.policy.on_failure = OnFailure::pause;
    desk.observe();
    fail(n1);
    desk.request(Action::resume);
    Desk other(rows);
    other.observe();
    EXPECT_EQ(rows.header.status, ReleaseStatus::running);
    other.report(n2, NodeStatus::success);

    EXPECT_EQ(rows.header.current_batch, 3);
}

TEST_F(FailureLimits, waive_the_rate_of_the_batch_where_it_was_exceeded_only) {
    rows = Rows({1, 1, 2, 2, 2});
    rows.header.policy.on_failure = OnFailure::pause;
    rows.header.policy.limits.max_batch_fail_rate_percent = 40;
    desk.observe();
    fail(n1);
    desk.report(n2, NodeStatus::success);
    EXPECT_EQ(rows.header.hold, Hold::failure);
    desk.request(Action::resume);
    EXPECT_EQ(rows.header.waived_failures, 1);
    fail(n3);
    EXPECT_EQ(rows.header.status, ReleaseStatus::running);  // 1 of 3
    fail(n4);
    desk.report(n5, NodeStatus::success);

    EXPECT_EQ(rows.header.hold, Hold::failure);  // 2 of 3
    EXPECT_THAT(rows.header.last_error, testing::HasSubstr("2 of 3 in batch 2"));
}

TEST_F(FailureLimits, name_the_first_failure_that_is_not_waived) {
    rows.header.policy.on_failure = OnFailure::pause;
    desk.observe();
    fail(n1);
    desk.request(Action::resume);
    desk.report(n2, NodeStatus::failed, FailureKind::exec_failed, "worse");

    EXPECT_THAT(rows.header.last_error, testing::HasSubstr("edge-2"));
    EXPECT_THAT(rows.header.last_error, testing::HasSubstr("worse"));
}

TEST_F(FailureLimits, name_a_failure_of_the_batch_that_runs) {
    rows = Rows({1, 1, 1, 2});
    rows.header.policy.limits.max_batch_fail_rate_percent = 40;
    desk.observe();
    fail(n1);
    desk.report(n2, NodeStatus::success);
    desk.report(n3, NodeStatus::success);
    desk.report(n4, NodeStatus::failed, FailureKind::exec_failed, "worse");

    EXPECT_THAT(rows.header.last_error, testing::HasSubstr("edge-4 in batch 2: worse"));
    EXPECT_THAT(rows.header.last_error, testing::HasSubstr("1 of 1 in batch 2"));
}

// The nodes of batch 1 are retried; the failure that the retry left alone is in batch 2.
TEST_F(FailureLimits, waive_the_failures_that_a_retry_left_alone_and_no_others) {
    rows = Rows({1, 1, 2, 2, 3});
    rows.header.policy.limits.max_batch_fail_rate_percent = 50;
    for (const NodeId id : {n1, n2, n3})
        rows.find(id)->status = NodeStatus::failed;
    rows.find(n4)->status = NodeStatus::success;
    rows.retry({n1, n2});
    ASSERT_EQ(rows.header.waived_failures, 1);
    desk.observe();
    fail(n1);
    fail(n2);

    EXPECT_EQ(rows.header.status, ReleaseStatus::failed);  // 2 of 2, not 1 of 2
    EXPECT_EQ(rows.find(n5)->status, NodeStatus::skipped);
    EXPECT_THAT(rows.header.last_error, testing::HasSubstr("edge-1 in batch 1"));
    EXPECT_THAT(rows.header.last_error, testing::HasSubstr("2 of 2 in batch 1"));
}

TEST_F(FailureLimits, name_no_failure_that_a_retry_left_alone) {
    rows.find(n2)->status = rows.find(n1)->status = NodeStatus::failed;
    rows.retry({n1, n3});
    desk.observe();
    fail(n1);

    EXPECT_EQ(rows.header.status, ReleaseStatus::failed);
    EXPECT_THAT(rows.header.last_error, testing::HasSubstr("edge-1 in batch 1"));
}

TEST_F(FailureLimits, waive_nothing_when_a_pause_of_another_kind_is_continued) {
    rows.header.policy.on_failure = OnFailure::pause;
    rows.header.policy.limits.failure_threshold = 1;
    rows.header.policy.pauses_after_batch = true;
    desk.observe();
    fail(n1);
    EXPECT_EQ(rows.header.hold, Hold::review);
    desk.request(Action::resume);
    EXPECT_EQ(rows.header.waived_failures, 0);
    fail(n2);

    EXPECT_EQ(rows.header.hold, Hold::failure);
}

}  // namespace
}  // namespace edgeroll::release
