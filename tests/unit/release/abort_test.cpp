// A release that is undone while it runs (R3 of docs/contract.md 6.4).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "release/step.hpp"
#include "tests/support/rows.hpp"

namespace edgeroll::release {
namespace {

using test::Desk;
using test::n1, test::n2, test::n3, test::n4;
using test::Rows;
using testing::HasSubstr;

struct Abort : testing::Test {
    Rows rows{{1, 1, 1, 2}};
    Desk desk{rows};

    void SetUp() override { rows.header.policy.on_failure = OnFailure::rollback; }
    void TearDown() override { EXPECT_THAT(desk.violations, testing::IsEmpty()); }
    void fail_first() { desk.report(n1, NodeStatus::failed, FailureKind::exec_failed, "no"); }
};

TEST_F(Abort, does_not_wait_for_the_nodes_that_run) {
    desk.observe();
    fail_first();
    EXPECT_EQ(rows.rollbacks, 1);
    EXPECT_TRUE(rows.header.aborted_at);
    EXPECT_EQ(rows.header.status, ReleaseStatus::running);
    EXPECT_EQ(rows.find(n4)->status, NodeStatus::skipped);
    EXPECT_EQ(rows.count(NodeStatus::running), 2);
    EXPECT_EQ(desk.cancelled.size(), 2U);
    EXPECT_TRUE(rows.has_history("aborted"));
    EXPECT_THAT(rows.header.last_error, HasSubstr("no failure is tolerated"));
}

TEST_F(Abort, ends_as_failed_with_its_last_node_and_asks_for_one_rollback) {
    desk.observe();
    fail_first();
    desk.report(n2, NodeStatus::success);
    desk.report(n3, NodeStatus::cancelled);
    EXPECT_EQ(rows.header.status, ReleaseStatus::failed);
    EXPECT_EQ(rows.find(n3)->status, NodeStatus::cancelled);
    EXPECT_EQ(rows.rollbacks, 1);
    EXPECT_TRUE(desk.is_let_go);
}

TEST_F(Abort, gives_up_an_agent_that_says_nothing) {
    desk.observe();
    desk.silence(n2, desk.now);
    desk.now += Millis{4'000};
    fail_first();
    desk.report(n3, NodeStatus::success);
    desk.now += Millis{9'900};
    desk.give(Woken{});
    EXPECT_EQ(rows.find(n2)->status, NodeStatus::running) << "ten seconds from the abort";
    desk.now += Millis{100};
    desk.give(Woken{});
    EXPECT_EQ(rows.find(n2)->status, NodeStatus::failed);
    EXPECT_EQ(rows.find(n2)->failure, FailureKind::lost);
    EXPECT_THAT(rows.find(n2)->error, HasSubstr("given up for the rollback"));
    EXPECT_EQ(rows.header.status, ReleaseStatus::failed);
}

TEST_F(Abort, wakes_for_the_agent_that_says_nothing) {
    desk.observe();
    fail_first();
    desk.report(n3, NodeStatus::success);
    desk.silence(n2, desk.now);
    EXPECT_EQ(desk.wake_at, desk.now + Millis{10'000});
}

TEST_F(Abort, waits_for_an_agent_that_answers_and_for_one_without_a_queue) {
    desk.observe();
    fail_first();
    desk.silence(n2, desk.now);
    desk.silence(n3, desk.now, false);
    desk.silence(n2, never);
    desk.now += Millis{60'000};
    desk.give(Woken{});
    EXPECT_EQ(rows.count(NodeStatus::running), 2);
}

TEST_F(Abort, gives_nobody_up_where_no_rollback_waits) {
    desk.observe();
    desk.silence(n2, desk.now);
    fail_first();
    rows.header.is_awaited = false;  // it was refused, or has ended
    desk.restart();
    desk.silence(n2, desk.now);
    desk.now += Millis{60'000};
    desk.give(Woken{});
    EXPECT_EQ(rows.find(n2)->status, NodeStatus::running);
}

TEST_F(Abort, goes_on_after_a_takeover) {
    desk.observe();
    fail_first();
    desk.cancelled.clear();
    desk.restart();
    EXPECT_EQ(desk.cancelled.size(), 2U);
    EXPECT_EQ(rows.rollbacks, 1);
    desk.finish_running();
    EXPECT_EQ(rows.header.status, ReleaseStatus::failed);
}

TEST_F(Abort, is_not_undone_by_a_continue_or_a_stop) {
    desk.observe();
    fail_first();
    desk.request(Action::resume);
    EXPECT_EQ(rows.count(NodeStatus::running), 2);
    desk.request(Action::stop);
    desk.finish_running();
    EXPECT_EQ(rows.header.status, ReleaseStatus::failed);
    EXPECT_EQ(rows.header.requested, Action::none);
}

TEST_F(Abort, by_an_operator_skips_what_is_left) {
    rows.header.policy.on_failure = OnFailure::stop;
    desk.observe();
    rows.header.aborted_at = desk.now;
    rows.header.last_error = "rolled back while it ran by ann";
    rows.header.is_awaited = true;
    ++rows.header.steer_seq;
    desk.observe();
    EXPECT_EQ(rows.find(n4)->status, NodeStatus::skipped);
    EXPECT_EQ(desk.cancelled.size(), 3U);
    EXPECT_EQ(rows.rollbacks, 0);
    desk.finish_running();
    EXPECT_EQ(rows.header.status, ReleaseStatus::failed);
    EXPECT_EQ(rows.header.last_error, "rolled back while it ran by ann");
}

TEST_F(Abort, is_none_for_a_rollback_and_before_the_first_batch) {
    rows.header.rolls_back = ReleaseId{3};
    for (test::TaskRow& row : rows.nodes)
        row.config_version = Version{40};
    rows.header.other_contents = {{Version{40}, rows.header.content}};
    desk.observe();
    fail_first();
    EXPECT_EQ(rows.rollbacks, 0);
    EXPECT_FALSE(rows.header.aborted_at);
}

}  // namespace
}  // namespace edgeroll::release
