// Rows changed by an operator while a release runs (docs/contract.md 4.6).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "release/step.hpp"
#include "tests/support/rows.hpp"

namespace edgeroll::release {
namespace {

using test::Desk;
using test::n1, test::n2, test::n3, test::n4;
using test::Rows;
using test::TaskRow;

struct StepByHand : testing::Test {
    static void expect_sound(const Desk& desk) { EXPECT_THAT(desk.violations, testing::IsEmpty()); }
};

TEST_F(StepByHand, lets_a_status_set_by_hand_win_over_a_late_answer) {
    Rows rows({1, 1, 2});
    rows.header.policy.limits.failure_threshold = 5;
    Desk desk(rows);
    desk.observe();
    rows.find(n1)->status = NodeStatus::failed;

    desk.observe();
    desk.report(n1, NodeStatus::success);

    EXPECT_EQ(rows.find(n1)->status, NodeStatus::failed);
    EXPECT_TRUE(rows.has_history("changed_by_hand"));
    EXPECT_TRUE(rows.has_history("late_answer"));
    expect_sound(desk);
}

TEST_F(StepByHand, reads_again_when_a_row_changed_under_a_commit) {
    Rows rows({1, 2});
    Desk desk(rows);
    desk.observe();
    rows.find(n1)->status = NodeStatus::failed;

    desk.report(n1, NodeStatus::success);

    EXPECT_EQ(rows.find(n1)->status, NodeStatus::failed);
    EXPECT_EQ(rows.header.status, ReleaseStatus::failed);
    EXPECT_EQ(rows.find(n2)->status, NodeStatus::skipped);
}

TEST_F(StepByHand, leaves_a_final_status_written_by_hand_and_records_what_still_runs) {
    Rows rows({1, 1, 2});
    Desk desk(rows);
    desk.observe();
    rows.header.status = ReleaseStatus::cancelled;

    desk.observe();
    EXPECT_EQ(rows.find(n3)->status, NodeStatus::skipped);
    EXPECT_FALSE(desk.is_let_go);
    EXPECT_TRUE(desk.is_dispatch_over);
    desk.report(n1, NodeStatus::success);
    EXPECT_FALSE(rows.header.finished_at);
    desk.report(n2, NodeStatus::success);

    EXPECT_EQ(rows.header.status, ReleaseStatus::cancelled);
    EXPECT_EQ(rows.header.batch_status, BatchStatus::stopped);
    EXPECT_TRUE(rows.header.finished_at);
    EXPECT_EQ(rows.header.success_nodes, 2);
    EXPECT_TRUE(desk.is_let_go);
    expect_sound(desk);
}

// The release had no owner when the status was written, or its owner crashed before it recorded the
// end.
TEST_F(StepByHand, records_the_end_that_was_written_while_nobody_looked) {
    for (const ReleaseStatus end :
         {ReleaseStatus::success, ReleaseStatus::failed, ReleaseStatus::cancelled}) {
        Rows rows({1, 1, 2});
        rows.find(n1)->status = NodeStatus::running;
        rows.find(n1)->task_id = "apply_config_127.0.0.1_42";
        rows.find(n2)->status = NodeStatus::failed;
        rows.header.status = end;
        rows.header.hold = Hold::review;
        Desk desk(rows);

        desk.observe();
        ASSERT_EQ(desk.started.size(), 1U) << "what still runs is asked for";
        EXPECT_TRUE(desk.started[0].asks_first);
        EXPECT_TRUE(desk.is_dispatch_over);
        desk.report(n1, NodeStatus::cancelled);

        EXPECT_EQ(rows.find(n1)->status, NodeStatus::cancelled) << "not a failure of the node";
        EXPECT_EQ(rows.find(n3)->status, NodeStatus::skipped);
        EXPECT_EQ(rows.header.status, end);
        EXPECT_TRUE(rows.header.finished_at);
        EXPECT_EQ(rows.header.hold, Hold::none);
        EXPECT_TRUE(desk.is_let_go);
        expect_sound(desk);
    }
}

TEST_F(StepByHand, says_that_the_end_was_written_by_hand) {
    Rows rows({1});
    rows.header.status = ReleaseStatus::failed;
    rows.header.last_error = "waiting for node rows: 1 of 5 are there";
    Desk desk(rows);
    desk.observe();
    EXPECT_EQ(rows.header.last_error, "the release was set to failed by hand");

    Rows others({1, 1});
    Desk other(others);
    other.observe();
    others.header.status = ReleaseStatus::failed;
    others.header.last_error = "ann: wrong version";
    other.observe();
    EXPECT_EQ(others.header.last_error, "ann: wrong version") << "somebody gave a reason";
}

TEST_F(StepByHand, looks_after_what_runs_although_the_time_of_the_end_was_written_too) {
    Rows rows({1, 2});
    Desk desk(rows);
    desk.observe();
    rows.header.status = ReleaseStatus::cancelled;
    rows.header.finished_at = rows.now;

    desk.observe();
    EXPECT_FALSE(desk.is_let_go);
    EXPECT_EQ(rows.find(n2)->status, NodeStatus::skipped);
    desk.report(n1, NodeStatus::success);

    EXPECT_EQ(rows.header.success_nodes, 1);
    EXPECT_EQ(rows.header.batch_status, BatchStatus::stopped);
    EXPECT_TRUE(desk.is_let_go);
}

TEST_F(StepByHand, takes_back_no_end_that_has_begun) {
    Rows rows({1, 2});
    Desk desk(rows);
    desk.observe();
    rows.header.status = ReleaseStatus::failed;
    desk.observe();
    rows.header.status = ReleaseStatus::running;
    desk.observe();
    desk.report(n1, NodeStatus::success);

    EXPECT_EQ(rows.header.status, ReleaseStatus::cancelled) << "as after a stop";
    EXPECT_EQ(rows.find(n2)->status, NodeStatus::skipped);
    expect_sound(desk);
}

TEST_F(StepByHand, cancels_what_runs_where_a_stop_was_asked_for_beside_the_end) {
    Rows rows({1, 1});
    Desk desk(rows);
    desk.observe();
    rows.header.status = ReleaseStatus::failed;
    desk.observe();
    EXPECT_TRUE(desk.cancelled.empty());
    desk.request(Action::stop);
    EXPECT_EQ(desk.cancelled.size(), 2U);
    desk.report(n1, NodeStatus::cancelled);
    desk.report(n2, NodeStatus::cancelled);

    EXPECT_EQ(rows.header.status, ReleaseStatus::failed);
    EXPECT_EQ(rows.header.requested, Action::none);
    EXPECT_TRUE(rows.header.finished_at);
    expect_sound(desk);
}

TEST_F(StepByHand, ignores_a_status_written_after_the_recorded_end) {
    Rows rows({1});
    rows.header.finished_at = rows.now;
    rows.header.status = ReleaseStatus::running;
    Desk desk(rows);

    desk.observe();

    EXPECT_TRUE(desk.is_let_go);
    EXPECT_EQ(rows.header.status, ReleaseStatus::running);
    EXPECT_TRUE(desk.started.empty());
}

TEST_F(StepByHand, fails_when_a_node_is_deferred_that_must_not_be) {
    Rows rows({1, 2});
    rows.find(n2)->status = NodeStatus::deferred;
    Desk desk(rows);

    desk.observe();

    EXPECT_EQ(rows.header.status, ReleaseStatus::failed);
    expect_sound(desk);
}

TEST_F(StepByHand, begins_one_conversation_for_a_row_set_running_by_hand) {
    Rows rows({1});
    rows.find(n1)->status = NodeStatus::running;
    Desk desk(rows);

    desk.observe();
    desk.observe();
    desk.observe();

    EXPECT_EQ(desk.started.size(), 1U);
}

TEST_F(StepByHand, goes_on_stopping_when_somebody_writes_another_action_over_a_stop) {
    for (const Action action : {Action::none, Action::pause, Action::resume}) {
        Rows rows({1, 1, 2});
        Desk desk(rows);
        desk.observe();
        desk.request(Action::stop);
        desk.request(action);
        desk.report(n1, NodeStatus::success);
        desk.report(n2, NodeStatus::success);

        EXPECT_EQ(rows.header.status, ReleaseStatus::cancelled);
        EXPECT_EQ(rows.header.requested, Action::none);
        expect_sound(desk);
    }
}

TEST_F(StepByHand, skips_rows_added_after_the_start) {
    Rows rows({1, 2});
    Desk desk(rows);
    desk.observe();
    rows.add_late(n4, 2);

    desk.observe();
    EXPECT_EQ(rows.find(n4)->status, NodeStatus::skipped);
    EXPECT_EQ(rows.header.total_nodes, 3);
    desk.report(n1, NodeStatus::success);
    desk.report(n2, NodeStatus::success);

    EXPECT_EQ(rows.header.status, ReleaseStatus::success);
    expect_sound(desk);
}

TEST_F(StepByHand, skips_a_row_that_was_added_in_place_of_a_deleted_one) {
    Rows rows({1, 1, 2});
    Desk desk(rows);
    desk.observe();
    ASSERT_EQ(rows.header.current_batch, 1);
    std::erase_if(rows.nodes, [](const TaskRow& row) { return row.node == n3; });
    rows.add_late(n4, 2);
    desk.observe();

    EXPECT_EQ(rows.find(n4)->status, NodeStatus::skipped);
    EXPECT_EQ(rows.find(n4)->error, "added after the release was started");
}

}  // namespace
}  // namespace edgeroll::release
