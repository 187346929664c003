// An agent that used the task id for another release gets the task under the next id.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "release/step.hpp"
#include "tests/support/rows.hpp"

namespace edgeroll::release {
namespace {

using test::Desk;
using test::n1, test::n2;
using test::Rows;
using test::TaskRow;
using testing::HasSubstr;

struct NextId : testing::Test {
    Rows rows{{1, 1, 2}};
    Desk desk{rows};

    void TearDown() override { EXPECT_THAT(desk.violations, testing::IsEmpty()); }
};

TEST_F(NextId, is_written_into_the_row_before_the_task_is_sent_again) {
    desk.observe();
    desk.refuse_id(n1);

    const TaskRow& row = *rows.find(n1);
    EXPECT_EQ(row.status, NodeStatus::running);
    EXPECT_EQ(row.task_id, "apply_config_127.0.0.1_42_2");
    EXPECT_EQ(row.ids_passed_over, 1);
    EXPECT_EQ(row.error, "");
    const StartConversation& again = desk.started.back();
    EXPECT_EQ(again.task_id, row.task_id);
    EXPECT_FALSE(again.asks_first);
    EXPECT_EQ(again.not_before, desk.now) << "nothing has failed: no pause";
    EXPECT_TRUE(rows.has_history("task_id_used"));
    EXPECT_FALSE(rows.has_history("node_retry"));
    desk.finish_running();
    EXPECT_EQ(rows.find(n1)->status, NodeStatus::success);
}

TEST_F(NextId, is_not_shown_as_trouble_any_more) {
    desk.observe();
    rows.find(n1)->error = "refusing: 503: disk full; attempt 1 failed (timeout): no final word";
    rows.find(n1)->reason = ReasonKind::refusing;
    rows.find(n1)->trouble = "503: disk full";
    rows.find(n1)->earlier_error = "attempt 1 failed (timeout): no final word";
    desk.started.clear();
    desk.restart();
    const auto taken_over =
        std::find_if(desk.started.begin(), desk.started.end(),
                     [](const StartConversation& start) { return start.node == n1; });
    ASSERT_NE(taken_over, desk.started.end());
    EXPECT_EQ(taken_over->trouble, (Trouble{ReasonKind::refusing, "503: disk full"}));
    desk.refuse_id(n1);
    EXPECT_EQ(rows.find(n1)->error, "attempt 1 failed (timeout): no final word");
    EXPECT_EQ(rows.find(n1)->reason, ReasonKind::none);
    EXPECT_EQ(desk.started.back().trouble, Trouble{});
}

TEST_F(NextId, is_taken_five_times_and_no_more) {
    desk.observe();
    for (int i = 1; i <= 5; ++i) {
        desk.refuse_id(n1);
        EXPECT_EQ(rows.find(n1)->status, NodeStatus::running) << i;
    }
    EXPECT_EQ(rows.find(n1)->task_id, "apply_config_127.0.0.1_42_6");
    desk.refuse_id(n1);

    EXPECT_EQ(rows.find(n1)->status, NodeStatus::failed);
    EXPECT_EQ(rows.find(n1)->failure, FailureKind::rejected);
    EXPECT_THAT(rows.find(n1)->error, HasSubstr("used for another release"));
}

TEST_F(NextId, is_counted_in_the_row_over_takeovers) {
    desk.observe();
    for (int i = 0; i < 5; ++i) {
        desk.refuse_id(n1);
        desk.restart();
    }
    desk.refuse_id(n1);
    EXPECT_EQ(rows.find(n1)->status, NodeStatus::failed);
}

TEST_F(NextId, is_another_five_times_for_a_retry_of_an_operator) {
    desk.observe();
    for (int i = 0; i < 6; ++i)
        desk.refuse_id(n1);
    desk.finish_running();
    ASSERT_EQ(rows.header.status, ReleaseStatus::failed);
    rows.retry({n1});
    desk.is_let_go = false;
    desk.restart();
    EXPECT_EQ(rows.find(n1)->task_id, "apply_config_127.0.0.1_42_7");
    for (int i = 0; i < 5; ++i)
        desk.refuse_id(n1);
    EXPECT_EQ(rows.find(n1)->status, NodeStatus::running);
}

TEST_F(NextId, uses_up_none_of_the_retries_and_none_of_their_pauses) {
    rows.header.policy.retries = 1;
    desk.observe();
    desk.refuse_id(n1);
    desk.refuse_id(n1);
    desk.report(n1, NodeStatus::failed, FailureKind::exec_failed, "bad");
    EXPECT_EQ(rows.find(n1)->status, NodeStatus::running);
    EXPECT_EQ(rows.find(n1)->task_id, "apply_config_127.0.0.1_42_4");
    EXPECT_EQ(desk.started.back().not_before, desk.now + desk.state.rules.retry_first);
    desk.refuse_id(n1);
    EXPECT_THAT(rows.find(n1)->error, HasSubstr("bad")) << "why there was another attempt";
    desk.report(n1, NodeStatus::failed, FailureKind::exec_failed, "bad");
    EXPECT_EQ(rows.find(n1)->status, NodeStatus::failed);
}

TEST_F(NextId, is_no_reason_to_call_the_node_away_later) {
    rows.header.policy.limits.max_unreachable = {3, false};
    desk.observe();
    desk.refuse_id(n1);
    desk.report(n1, NodeStatus::failed, FailureKind::unreachable, "not reachable for 60 s");
    EXPECT_EQ(rows.find(n1)->status, NodeStatus::failed) << "it was reached";
}

TEST_F(NextId, is_not_taken_once_the_release_is_over_its_limits) {
    desk.observe();
    desk.report(n2, NodeStatus::failed, FailureKind::exec_failed, "bad");
    desk.refuse_id(n1);
    EXPECT_EQ(rows.find(n1)->status, NodeStatus::failed);
    EXPECT_EQ(rows.find(n1)->failure, FailureKind::rejected);
    EXPECT_EQ(rows.header.status, ReleaseStatus::failed);
}

TEST_F(NextId, is_not_taken_once_the_release_is_being_stopped) {
    desk.observe();
    desk.request(Action::stop);
    desk.refuse_id(n1);
    EXPECT_EQ(rows.find(n1)->status, NodeStatus::cancelled);
    EXPECT_EQ(rows.find(n1)->error, "stopped before the agent had the task");
    EXPECT_EQ(rows.find(n1)->failure, FailureKind::none);
    desk.report(n2, NodeStatus::success);
    EXPECT_EQ(rows.header.status, ReleaseStatus::cancelled);
}

TEST_F(NextId, is_taken_while_the_release_is_paused_by_hand) {
    desk.observe();
    rows.header.status = ReleaseStatus::paused;
    desk.observe();
    desk.refuse_id(n1);
    EXPECT_EQ(rows.find(n1)->status, NodeStatus::running) << "its dispatch was intended before";
}

}  // namespace
}  // namespace edgeroll::release
