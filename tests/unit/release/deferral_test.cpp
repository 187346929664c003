// Nodes that are unreachable before their turn are deferred, up to max_unreachable
// (docs/contract.md section 6).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "release/step.hpp"
#include "tests/support/rows.hpp"

namespace edgeroll::release {
namespace {

using test::Desk;
using test::n1, test::n2, test::n3;
using test::Rows;

struct Deferral : testing::Test {
    Rows rows{{1, 2, 3}};
    Desk desk{rows};

    void fail(NodeId id) { desk.report(id, NodeStatus::failed, FailureKind::timeout, "late"); }
    void away(NodeId id) { desk.report(id, NodeStatus::failed, FailureKind::unreachable, "away"); }
    void TearDown() override { EXPECT_THAT(desk.violations, testing::IsEmpty()); }
};

TEST_F(Deferral, takes_unreachable_nodes_out_up_to_the_count) {
    rows = Rows({1, 1, 1});
    rows.header.policy.limits.max_unreachable = {1, false};
    desk.observe();
    away(n1);
    EXPECT_EQ(rows.find(n1)->status, NodeStatus::deferred);
    EXPECT_EQ(rows.find(n1)->failure, FailureKind::none);
    EXPECT_EQ(rows.find(n1)->error, "away");
    EXPECT_EQ(rows.header.status, ReleaseStatus::running);
    away(n2);
    EXPECT_EQ(rows.find(n2)->status, NodeStatus::failed);
    EXPECT_EQ(rows.find(n2)->failure, FailureKind::unreachable);
    desk.report(n3, NodeStatus::success);

    EXPECT_EQ(rows.header.status, ReleaseStatus::failed);
}

TEST_F(Deferral, takes_a_percentage_of_the_releases_nodes_rounded_down) {
    rows = Rows({1, 1, 1, 1, 1});
    rows.header.policy.limits.max_unreachable = {50, true};
    rows.header.policy.limits.failure_threshold = 5;
    desk.observe();
    for (const NodeId id : {n1, n2, n3})
        away(id);

    EXPECT_EQ(rows.count(NodeStatus::deferred), 2);
    EXPECT_EQ(rows.count(NodeStatus::failed), 1);
}

TEST_F(Deferral, counts_over_all_batches_and_makes_a_success) {
    rows.header.policy.limits.max_unreachable = {2, false};
    desk.observe();
    away(n1);
    EXPECT_EQ(rows.header.current_batch, 2);
    away(n2);
    desk.report(n3, NodeStatus::success);

    EXPECT_EQ(rows.header.status, ReleaseStatus::success);
    EXPECT_EQ(rows.count(NodeStatus::deferred), 2);
}

TEST_F(Deferral, is_for_nobody_who_was_reached) {
    rows.header.policy.limits.max_unreachable = {3, false};
    desk.observe();
    desk.report(n1, NodeStatus::failed, FailureKind::lost, "forgotten");

    EXPECT_EQ(rows.find(n1)->status, NodeStatus::failed);
}

TEST_F(Deferral, does_not_count_into_the_rate_of_a_batch) {
    rows = Rows({1, 1, 1});
    rows.header.policy.limits.max_unreachable = {1, false};
    rows.header.policy.limits.max_batch_fail_rate_percent = 40;
    desk.observe();
    away(n1);
    fail(n2);  // 1 of 2

    EXPECT_THAT(rows.header.last_error, testing::HasSubstr("1 of 2"));
    desk.report(n3, NodeStatus::success);
    EXPECT_EQ(rows.header.status, ReleaseStatus::failed);
}

TEST_F(Deferral, comes_before_a_retry) {
    rows.header.policy.limits.max_unreachable = {1, false};
    rows.header.policy.retries = 3;
    desk.observe();
    away(n1);

    EXPECT_EQ(rows.find(n1)->status, NodeStatus::deferred);
    away(n2);
    EXPECT_EQ(rows.find(n2)->status, NodeStatus::running);  // the limit is reached: tried again
    EXPECT_EQ(rows.find(n2)->attempt, 2);
}

// It became unreachable with the content: that is a failure, whatever the last attempt met.
TEST_F(Deferral, is_for_nobody_whom_an_earlier_attempt_reached) {
    rows = Rows({1, 2, 2});
    rows.header.policy.limits.max_unreachable = {3, false};
    rows.header.policy.retries = 1;
    desk.observe();
    fail(n1);
    away(n1);

    EXPECT_EQ(rows.find(n1)->status, NodeStatus::failed);
    EXPECT_EQ(rows.find(n1)->failure, FailureKind::unreachable);
    EXPECT_EQ(rows.header.status, ReleaseStatus::failed);
    EXPECT_EQ(rows.count(NodeStatus::skipped), 2);
}

// The first result of an operator's retry says nothing about the content.
TEST_F(Deferral, counts_the_attempts_from_the_last_retry) {
    rows = Rows({1, 1});
    rows.header.policy.limits.max_unreachable = {1, false};
    rows.find(n1)->attempt = rows.find(n1)->attempts_before = 2;
    desk.observe();
    away(n1);

    EXPECT_EQ(rows.find(n1)->status, NodeStatus::deferred);
}

TEST_F(Deferral, of_a_whole_batch_is_told) {
    rows.header.policy.limits.max_unreachable = {3, false};
    rows.inventory[n3].is_in_maintenance = true;
    desk.observe();
    away(n1);
    EXPECT_TRUE(rows.has_history("batch_unproven"));
    rows.history.clear();
    desk.report(n2, NodeStatus::success);

    EXPECT_EQ(rows.header.status, ReleaseStatus::success);
    ASSERT_TRUE(rows.has_history("batch_unproven")) << "nobody of the last one either";
    EXPECT_EQ(rows.history.back().detail[0].second, "3");
}

// A success whose deferred nodes are back: n1 has the content, n2 and n3 will get it.
struct CatchingUp : testing::Test {
    Rows rows{{1, 1, 1}};
    Desk desk{rows};

    void SetUp() override {
        rows.find(n1)->status = NodeStatus::success;
        rows.header.policy.limits.max_unreachable = {2, false};
        rows.header.content_sha256 = rows.header.content.sha256;
        rows.header.catches_up = true;
        rows.header.waived_failures = 2;
    }
    void expect_as_before() const {
        EXPECT_EQ(rows.header.status, ReleaseStatus::success);
        EXPECT_EQ(rows.header.batch_status, BatchStatus::completed);
        EXPECT_TRUE(rows.header.finished_at);
        EXPECT_EQ(rows.count(NodeStatus::deferred), 2);
        EXPECT_THAT(desk.violations, testing::IsEmpty());
    }
};

TEST_F(CatchingUp, stays_a_success_when_it_is_stopped) {
    rows.header.policy.max_parallel = 1;
    desk.observe();
    ASSERT_EQ(rows.find(n2)->status, NodeStatus::running);
    desk.request(Action::stop);
    EXPECT_EQ(rows.find(n3)->status, NodeStatus::deferred);
    EXPECT_EQ(desk.cancelled.size(), 1U);
    desk.report(n2, NodeStatus::cancelled);
    expect_as_before();
}

TEST_F(CatchingUp, stays_a_success_when_a_forced_stop_gives_a_node_up) {
    rows.header.policy.max_parallel = 1;
    desk.observe();
    ASSERT_EQ(rows.find(n2)->status, NodeStatus::running);
    rows.find(n2)->status = NodeStatus::failed;  // written by a forced stop
    rows.find(n2)->failure = FailureKind::lost;
    desk.request(Action::stop);
    EXPECT_EQ(rows.header.status, ReleaseStatus::success);
    EXPECT_TRUE(rows.header.finished_at);
    EXPECT_EQ(rows.find(n2)->status, NodeStatus::failed);
    EXPECT_EQ(rows.find(n3)->status, NodeStatus::deferred);
    EXPECT_TRUE(desk.cancelled.empty());
    EXPECT_THAT(desk.violations, testing::IsEmpty());
}

TEST_F(CatchingUp, asks_the_agent_whatever_is_known_of_the_node) {
    rows.inventory[n2].applied_version = rows.header.version;
    rows.inventory[n2].applied_sha256 = rows.header.content_sha256;
    desk.observe();
    EXPECT_EQ(rows.find(n2)->status, NodeStatus::running) << "it may hold only half of it";
    rows.header.catches_up = false;
    Rows again({1, 1, 1});
    again.inventory[n2].applied_version = again.header.version;
    again.inventory[n2].applied_sha256 = again.header.content.sha256;
    again.inventory[n2].observed.content = ObservedContent::changed;
    again.inventory[n3] = again.inventory[n2];
    again.inventory[n3].id = n3;
    again.inventory[n3].observed.content = ObservedContent::whole;
    again.inventory[n3].observed.sha256 = again.header.content.sha256;
    Desk other(again);
    other.observe();
    EXPECT_EQ(again.find(n3)->status, NodeStatus::success) << "seen to be there";
    EXPECT_EQ(again.find(n2)->status, NodeStatus::running) << "somebody changed a file";
}

TEST_F(CatchingUp, defers_nodes_that_are_away_whatever_the_limit) {
    rows.header.policy.limits.max_unreachable = {0, false};
    desk.observe();
    desk.report(n2, NodeStatus::failed, FailureKind::unreachable, "away");
    desk.report(n3, NodeStatus::failed, FailureKind::unreachable, "away");
    expect_as_before();
}

TEST_F(CatchingUp, serves_a_node_that_joined_outside_all_totals) {
    rows.find(n2)->batch = 0;
    rows.find(n2)->is_joined = true;
    rows.find(n3)->status = NodeStatus::success;
    desk.observe();
    EXPECT_EQ(rows.find(n2)->status, NodeStatus::running);
    EXPECT_EQ(rows.header.total_nodes, 2);
    EXPECT_EQ(rows.header.total_batches, 1);
    EXPECT_EQ(rows.header.success_nodes, 2);
    desk.report(n2, NodeStatus::success);
    EXPECT_EQ(rows.header.status, ReleaseStatus::success);
    EXPECT_EQ(rows.header.success_nodes, 2);
    EXPECT_EQ(rows.header.total_nodes, 2);
    EXPECT_THAT(desk.violations, testing::IsEmpty());
}

TEST_F(CatchingUp, stays_a_success_when_it_is_stopped_before_it_began) {
    rows.header.requested = Action::stop;
    desk.observe();
    expect_as_before();
    EXPECT_TRUE(desk.started.empty());
}

TEST_F(CatchingUp, stays_a_success_when_its_content_may_not_be_sent_any_more) {
    rows.header.policy.on_failure = OnFailure::rollback;
    rows.header.policy.max_parallel = 1;
    desk.observe();
    rows.header.problems = {"the content of version 42 is banned"};
    desk.observe();
    desk.report(n2, NodeStatus::failed, FailureKind::unreachable, "away");
    expect_as_before();
    EXPECT_EQ(rows.rollbacks, 0);
    EXPECT_THAT(rows.header.last_error, testing::HasSubstr("banned"));
}

// Further nodes were deferred afterwards, or the limit was changed.
TEST_F(CatchingUp, is_not_judged_by_limits_again) {
    rows.header.policy.limits.max_unreachable = {0, false};
    rows.header.policy.on_failure = OnFailure::pause;
    rows.find(n3)->status = NodeStatus::deferred;
    desk.observe();
    desk.report(n2, NodeStatus::success);

    EXPECT_EQ(rows.header.status, ReleaseStatus::success);
    EXPECT_TRUE(rows.header.finished_at);
    EXPECT_THAT(desk.violations, testing::IsEmpty());
}

TEST_F(CatchingUp, puts_off_nodes_that_are_in_maintenance_or_away_again) {
    rows.inventory[n2].is_in_maintenance = true;
    desk.observe();
    desk.report(n3, NodeStatus::failed, FailureKind::unreachable, "away");
    expect_as_before();
}

}  // namespace
}  // namespace edgeroll::release
