// Further attempts: by edgeroll itself (batch_config.retries) and by an operator.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "release/step.hpp"
#include "tests/support/rows.hpp"

namespace edgeroll::release {
namespace {

using std::chrono::seconds;
using test::Desk;
using test::n1, test::n2, test::n3;
using test::Rows;
using test::TaskRow;

struct Attempts : testing::Test {
    Rows rows{{1, 1, 2}};
    Desk desk{rows};

    void SetUp() override { rows.header.policy.retries = 2; }
    void fail(NodeId id, FailureKind kind = FailureKind::exec_failed) {
        desk.report(id, NodeStatus::failed, kind, "bad");
    }
    void TearDown() override { EXPECT_THAT(desk.violations, testing::IsEmpty()); }
};

TEST_F(Attempts, runs_the_node_again_under_a_new_task_id) {
    desk.observe();
    desk.now += seconds(100);
    fail(n1);

    EXPECT_EQ(rows.find(n1)->status, NodeStatus::running);
    EXPECT_EQ(rows.find(n1)->attempt, 2);
    EXPECT_EQ(rows.find(n1)->task_id, "apply_config_127.0.0.1_42_2");
    EXPECT_EQ(rows.header.failed_nodes, 0);
    const StartConversation& again = desk.started.back();
    EXPECT_EQ(again.task_id, rows.find(n1)->task_id);
    EXPECT_FALSE(again.asks_first);
    EXPECT_EQ(again.not_before, desk.now + desk.state.rules.retry_first);
    // The node's time limit restarts after the pause.
    EXPECT_EQ(again.deadline, again.not_before + desk.state.rules.node_timeout);
    EXPECT_TRUE(rows.has_history("node_retry"));
    EXPECT_THAT(rows.find(n1)->error, testing::HasSubstr("bad"));
}

// Its last report was kept after a failed commit, and meets the following read.
TEST_F(Attempts, begins_one_conversation_where_a_reading_and_a_failure_come_together) {
    desk.observe();
    Observed observed;
    observed.snapshot = rows.read();
    desk.state = Release{};
    desk.started.clear();
    desk.give(
        {observed, desk.make_report(n1, NodeStatus::failed, FailureKind::exec_failed, "bad")});

    ASSERT_EQ(desk.started.size(), 2U);
    EXPECT_EQ(desk.started[0].task_id, "apply_config_127.0.0.1_42_2");
    EXPECT_FALSE(desk.started[0].asks_first);
    EXPECT_EQ(desk.started[1].node, n2);
}

TEST_F(Attempts, leaves_the_failure_behind_that_a_stop_cut_off) {
    desk.observe();
    fail(n1);
    desk.request(Action::stop);
    desk.report(n1, NodeStatus::cancelled, FailureKind::none,
                "stopped before the agent had the task");

    EXPECT_EQ(rows.find(n1)->status, NodeStatus::cancelled);
    EXPECT_EQ(rows.find(n1)->error,
              "stopped before the agent had the task; attempt 1 failed (exec_failed): bad");
    desk.report(n2, NodeStatus::cancelled);
    EXPECT_EQ(rows.find(n2)->error, "") << "there was one attempt";
}

// A retry of other nodes: nodes left out by the stop are not dispatched, and the release is no
// success (I6).
TEST_F(Attempts, of_some_nodes_after_a_stop_make_no_success_of_the_release) {
    rows.header.rolls_back = ReleaseId{3};
    desk.observe();
    desk.request(Action::stop);
    desk.report(n1, NodeStatus::cancelled);
    desk.report(n2, NodeStatus::success);
    ASSERT_EQ(rows.find(n3)->status, NodeStatus::skipped);
    rows.retry({n3});
    desk.is_let_go = false;
    desk.restart();
    desk.report(n3, NodeStatus::success);

    EXPECT_EQ(rows.header.status, ReleaseStatus::failed);
    EXPECT_THAT(rows.header.last_error, testing::HasSubstr("1 node that was not dispatched"));
    rows.retry({n1});
    desk.is_let_go = false;
    desk.restart();
    desk.report(n1, NodeStatus::success);
    EXPECT_EQ(rows.header.status, ReleaseStatus::success);
}

TEST_F(Attempts, doubles_the_pause_up_to_its_ceiling) {
    rows.header.policy.retries = 9;
    desk.state.rules.retry_ceiling = seconds(6);
    desk.observe();
    std::vector<Millis> pauses;
    for (int i = 0; i < 5; ++i) {
        fail(n1);
        pauses.push_back(desk.started.back().not_before - desk.now);
    }

    const std::vector<Millis> wanted{seconds(1), seconds(2), seconds(4), seconds(6), seconds(6)};
    EXPECT_EQ(pauses, wanted);
}

TEST_F(Attempts, counts_only_the_last_failure) {
    desk.observe();
    desk.report(n2, NodeStatus::success);
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(rows.header.status, ReleaseStatus::running);
        fail(n1);
    }

    EXPECT_EQ(rows.find(n1)->attempt, 3);
    EXPECT_EQ(rows.find(n1)->status, NodeStatus::failed);
    EXPECT_EQ(rows.header.failed_nodes, 1);
    EXPECT_EQ(rows.header.status, ReleaseStatus::failed);
}

TEST_F(Attempts, makes_a_success_of_the_second_attempt) {
    desk.observe();
    fail(n1);
    desk.report(n1, NodeStatus::success);
    desk.report(n2, NodeStatus::success);

    EXPECT_EQ(rows.header.current_batch, 2);
    EXPECT_EQ(rows.header.success_nodes, 2);
}

TEST_F(Attempts, drops_a_late_word_on_an_earlier_attempt) {
    desk.observe();
    const Reported early = desk.make_report(n1, NodeStatus::success, FailureKind::none, {});
    fail(n1);
    desk.give(early);

    EXPECT_EQ(rows.find(n1)->status, NodeStatus::running);
    EXPECT_TRUE(rows.has_history("late_answer"));
}

struct KindCase {
    FailureKind kind;
    bool is_tried_again;
};
struct AttemptKind : Attempts, testing::WithParamInterface<KindCase> {};

TEST_P(AttemptKind, is_tried_again_only_where_that_can_help) {
    desk.observe();
    fail(n1, GetParam().kind);
    EXPECT_EQ(rows.find(n1)->attempt, GetParam().is_tried_again ? 2 : 1);
}

INSTANTIATE_TEST_SUITE_P(All, AttemptKind,
                         testing::Values(KindCase{FailureKind::unreachable, true},
                                         KindCase{FailureKind::tls, false},
                                         KindCase{FailureKind::rejected, false},
                                         KindCase{FailureKind::exec_failed, true},
                                         KindCase{FailureKind::timeout, true},
                                         KindCase{FailureKind::lost, true}),
                         [](const testing::TestParamInfo<KindCase>& one) {
                             return std::string(to_text(one.param.kind));
                         });

TEST_F(Attempts, gives_up_at_once_when_the_agent_says_that_it_cannot_help) {
    desk.observe();
    Reported report = desk.make_report(n1, NodeStatus::failed, FailureKind::exec_failed, "never");
    report.verdict.is_curable = false;
    desk.give(report);

    EXPECT_EQ(rows.find(n1)->status, NodeStatus::failed);
}

TEST_F(Attempts, happens_after_a_rejection_that_was_for_now) {
    desk.observe();
    Reported report = desk.make_report(n1, NodeStatus::failed, FailureKind::rejected, "disk full");
    report.verdict.is_for_now = true;
    desk.give(report);

    EXPECT_EQ(rows.find(n1)->status, NodeStatus::running);
    EXPECT_EQ(rows.find(n1)->attempt, 2);
}

TEST_F(Attempts, does_not_happen_once_a_limit_is_exceeded) {
    desk.observe();
    fail(n1, FailureKind::rejected);
    fail(n2);

    EXPECT_EQ(rows.find(n2)->attempt, 1);
    EXPECT_EQ(rows.header.status, ReleaseStatus::failed);
}

TEST_F(Attempts, does_not_happen_once_a_time_limit_is_over) {
    rows.header.policy.release_timeout = seconds(30);
    desk.observe();
    desk.sleep();
    fail(n1, FailureKind::timeout);
    EXPECT_EQ(rows.find(n1)->status, NodeStatus::failed);
    fail(n2, FailureKind::timeout);

    EXPECT_EQ(rows.header.status, ReleaseStatus::failed);
}

TEST_F(Attempts, does_not_happen_while_stopping) {
    desk.observe();
    desk.request(Action::stop);
    fail(n1);
    desk.report(n2, NodeStatus::cancelled);

    EXPECT_EQ(rows.find(n1)->attempt, 1);
    EXPECT_EQ(rows.header.status, ReleaseStatus::cancelled);
}

TEST_F(Attempts, does_not_happen_after_an_end_written_by_hand) {
    desk.observe();
    rows.header.status = ReleaseStatus::cancelled;
    desk.observe();
    fail(n1);

    EXPECT_EQ(rows.find(n1)->status, NodeStatus::failed);
}

TEST_F(Attempts, is_asked_for_first_after_a_takeover) {
    desk.observe();
    fail(n1);
    rows.now += seconds(5);
    Desk other(rows);
    other.observe();

    ASSERT_EQ(other.started.size(), 2U);
    EXPECT_EQ(other.started.front().task_id, "apply_config_127.0.0.1_42_2");
    EXPECT_TRUE(other.started.front().asks_first);
    EXPECT_EQ(other.started.front().deadline,
              other.now + other.state.rules.node_timeout - seconds(5));
    other.report(n1, NodeStatus::failed, FailureKind::exec_failed, "bad");
    EXPECT_EQ(rows.find(n1)->attempt, 3);
}

TEST_F(Attempts, keeps_its_place_among_the_running_ones) {
    rows.header.policy.max_parallel = 1;
    desk.observe();
    fail(n1);
    EXPECT_EQ(rows.count(NodeStatus::running), 1);
    EXPECT_EQ(rows.find(n2)->status, NodeStatus::pending);
    desk.report(n1, NodeStatus::success);

    EXPECT_EQ(rows.find(n2)->status, NodeStatus::running);
}

TEST_F(Attempts, gives_the_place_of_its_first_attempt_free) {
    desk.state.rules.start_window = 1;
    desk.observe();
    EXPECT_EQ(rows.find(n2)->status, NodeStatus::pending);
    fail(n1);

    EXPECT_EQ(rows.find(n2)->status, NodeStatus::running);
}

TEST_F(Attempts, are_not_begun_on_a_node_that_was_taken_out_meanwhile) {
    desk.observe();
    rows.inventory[n1].is_in_maintenance = true;
    rows.inventory[n2].is_enabled = false;
    desk.observe();
    fail(n1);
    fail(n2);

    EXPECT_EQ(rows.find(n1)->attempt, 1);
    EXPECT_EQ(rows.find(n2)->attempt, 1);
    EXPECT_EQ(rows.find(n1)->status, NodeStatus::failed);
}

// ---- by an operator ----

TEST_F(Attempts, of_an_operator_counts_this_retry_only) {
    rows.header.policy.limits.failure_threshold = 0;
    rows.header.policy.retries = 1;
    desk.observe();
    desk.report(n2, NodeStatus::failed, FailureKind::rejected, "no");
    fail(n1);
    ASSERT_EQ(rows.header.status, ReleaseStatus::failed);
    rows.retry({n1, n3});
    EXPECT_EQ(rows.header.waived_failures, 1);  // n2 stays failed
    Desk other(rows);
    other.observe();
    EXPECT_EQ(rows.find(n1)->task_id, "apply_config_127.0.0.1_42_2");
    EXPECT_EQ(rows.header.current_batch, 1);
    // Automatic attempts restart as well.
    other.report(n1, NodeStatus::failed, FailureKind::exec_failed, "bad");
    EXPECT_EQ(rows.find(n1)->attempt, 3);
    EXPECT_EQ(other.started.back().not_before, other.now + other.state.rules.retry_first);
    other.report(n1, NodeStatus::success);
    EXPECT_EQ(rows.find(n3)->status, NodeStatus::running);
    other.report(n3, NodeStatus::success);

    // It is no success while n2, which was not waived, is failed (docs/contract.md 6.5).
    EXPECT_EQ(rows.header.status, ReleaseStatus::failed);
    EXPECT_EQ(rows.header.last_error, "1 failed node was left out of the retry");
    EXPECT_EQ(rows.header.failed_nodes, 1);
    EXPECT_THAT(other.violations, testing::IsEmpty());
}

TEST_F(Attempts, of_an_operator_that_leave_failed_nodes_out_are_no_reason_to_roll_back) {
    rows.header.policy.limits.failure_threshold = 0;
    rows.header.policy.on_failure = OnFailure::rollback;
    desk.observe();
    desk.report(n2, NodeStatus::failed, FailureKind::rejected, "no");
    desk.report(n1, NodeStatus::failed, FailureKind::rejected, "no");
    ASSERT_EQ(rows.rollbacks, 1);
    rows.retry({n3});
    Desk other(rows);
    other.observe();
    other.report(n3, NodeStatus::success);

    EXPECT_EQ(rows.header.status, ReleaseStatus::failed);
    EXPECT_EQ(rows.header.last_error, "2 failed nodes were left out of the retry");
    EXPECT_EQ(rows.rollbacks, 1);
    rows.retry({n1, n2});  // the other nodes can be retried
    Desk third(rows);
    third.observe();
    third.finish_running();
    EXPECT_EQ(rows.header.status, ReleaseStatus::success);
    EXPECT_EQ(rows.header.last_error, "");
    EXPECT_THAT(third.violations, testing::IsEmpty());
}

TEST_F(Attempts, of_an_operator_are_a_success_beside_waived_failures) {
    rows.header.policy.limits.failure_threshold = 0;
    desk.observe();
    desk.report(n2, NodeStatus::failed, FailureKind::rejected, "no");
    desk.report(n1, NodeStatus::failed, FailureKind::rejected, "no");
    rows.retry({n1, n3});
    rows.find(n2)->is_waived = true;
    Desk other(rows);
    other.observe();
    other.finish_running();
    other.finish_running();

    EXPECT_EQ(rows.header.status, ReleaseStatus::success);
    EXPECT_THAT(other.violations, testing::IsEmpty());
}

// A waiver ends with the failure that it was for.
TEST_F(Attempts, of_an_operator_gain_nothing_by_deleting_failed_rows) {
    rows.header.policy.limits.failure_threshold = 0;
    desk.observe();
    desk.report(n2, NodeStatus::failed, FailureKind::rejected, "no");
    desk.report(n1, NodeStatus::failed, FailureKind::rejected, "no");
    rows.retry({n1, n3});
    rows.find(n2)->is_waived = true;
    Desk other(rows);
    other.observe();
    std::erase_if(rows.nodes, [](const TaskRow& row) { return row.node == n2; });
    other.observe();
    EXPECT_EQ(rows.header.waived_failures, 0);
    other.report(n1, NodeStatus::failed, FailureKind::rejected, "no");
    EXPECT_EQ(rows.header.status, ReleaseStatus::failed);
    EXPECT_EQ(rows.find(n3)->status, NodeStatus::skipped);
}

TEST_F(Attempts, of_an_operator_fails_by_its_own_failures) {
    rows.header.policy.retries = 0;
    desk.observe();
    fail(n1);
    desk.report(n2, NodeStatus::success);
    rows.retry({n1, n3});
    Desk other(rows);
    other.observe();
    other.report(n1, NodeStatus::failed, FailureKind::exec_failed, "again");

    EXPECT_EQ(rows.header.status, ReleaseStatus::failed);
    EXPECT_THAT(rows.header.last_error, testing::HasSubstr("again"));
    EXPECT_EQ(rows.find(n3)->status, NodeStatus::skipped);
}

TEST_F(Attempts, of_an_operator_opens_only_batches_with_something_to_do) {
    rows.header.policy.retries = 0;
    desk.observe();
    desk.finish_running();
    fail(n3);
    rows.retry({n3});
    Desk other(rows);
    other.observe();

    EXPECT_EQ(rows.header.current_batch, 2);
    other.report(n3, NodeStatus::success);
    EXPECT_EQ(rows.header.status, ReleaseStatus::success);
}

TEST_F(Attempts, of_an_operator_takes_deferred_nodes_of_a_success_up) {
    rows.header.policy.retries = 0;
    rows.header.policy.limits.max_unreachable = {1, false};
    desk.observe();
    fail(n1, FailureKind::unreachable);
    desk.report(n2, NodeStatus::success);
    desk.report(n3, NodeStatus::success);
    ASSERT_EQ(rows.header.status, ReleaseStatus::success);
    rows.retry({n1});
    Desk other(rows);
    other.observe();
    other.report(n1, NodeStatus::success);

    EXPECT_EQ(rows.header.status, ReleaseStatus::success);
    EXPECT_EQ(rows.count(NodeStatus::success), 3);
}

TEST_F(Attempts, of_an_operator_counts_time_from_its_own_start) {
    rows.header.policy.retries = 0;
    rows.header.policy.release_timeout = seconds(60);
    desk.observe();
    desk.now += seconds(50);
    fail(n1);
    desk.report(n2, NodeStatus::success);
    rows.now = desk.now + std::chrono::hours(1);
    rows.retry({n1, n3});
    Desk other(rows);
    other.observe();

    EXPECT_EQ(rows.header.status, ReleaseStatus::running);
    EXPECT_EQ(other.wake_at, other.now + seconds(60));
}

}  // namespace
}  // namespace edgeroll::release
