// The first look of a rollback, and that no node is a hostage of another (R4, I19).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "release/step.hpp"
#include "tests/support/rows.hpp"

namespace edgeroll::release {
namespace {

using test::Desk;
using test::n1, test::n2, test::n3, test::n4, test::n5;
using test::Rows;
using testing::HasSubstr;

struct FirstLook : testing::Test {
    Rows rows{{1, 1, 2, 2, 3}};
    Desk desk{rows};

    void SetUp() override {
        rows.header.rolls_back = ReleaseId{3};
        rows.header.is_planned = true;
        rows.header.policy.limits.failure_threshold = 5;
        for (test::TaskRow& row : rows.nodes)
            row.config_version = Version{40};
        rows.header.other_contents = {{Version{40}, rows.header.content}};
        rows.header.content = {};
    }
    void TearDown() override { EXPECT_THAT(desk.violations, testing::IsEmpty()); }
    void refuse(NodeId node) {
        desk.report(node, NodeStatus::failed, FailureKind::exec_failed, "check says no");
    }
    [[nodiscard]] int running() const { return rows.count(NodeStatus::running); }
};

TEST_F(FirstLook, is_passed_by_the_first_success) {
    desk.observe();
    EXPECT_EQ(running(), 2);
    desk.report(n2, NodeStatus::success);
    EXPECT_EQ(running(), 4) << "all others, and n1 runs on";
    EXPECT_EQ(rows.find(n1)->status, NodeStatus::running);
}

TEST_F(FirstLook, is_passed_after_five_seconds_of_silence) {
    desk.observe();
    EXPECT_EQ(desk.wake_at, desk.now + Millis{5'000});
    desk.sleep();
    EXPECT_EQ(running(), 5);
    desk.finish_running();
    EXPECT_EQ(rows.header.status, ReleaseStatus::success);
}

TEST_F(FirstLook, is_passed_when_its_nodes_end_without_a_word) {
    desk.observe();
    desk.report(n1, NodeStatus::failed, FailureKind::unreachable, "no route");
    desk.report(n2, NodeStatus::failed, FailureKind::tls, "expired");
    EXPECT_EQ(running(), 3);
}

TEST_F(FirstLook, waits_for_an_operator_when_everybody_who_answered_refuses) {
    desk.observe();
    refuse(n1);
    EXPECT_EQ(running(), 1);
    desk.now += Millis{9'000};
    desk.give(Woken{});
    EXPECT_EQ(rows.header.status, ReleaseStatus::running) << "n2 may still say that it works";
    desk.sleep();
    EXPECT_EQ(rows.header.status, ReleaseStatus::paused);
    EXPECT_EQ(rows.header.hold, Hold::failure);
    EXPECT_THAT(rows.header.last_error, HasSubstr("does not work any more"));
    EXPECT_EQ(running(), 1);

    desk.request(Action::resume);
    EXPECT_EQ(running(), 4) << "an operator knows better";
}

TEST_F(FirstLook, waits_for_an_operator_when_all_have_refused) {
    desk.observe();
    refuse(n1);
    refuse(n2);
    EXPECT_EQ(rows.header.hold, Hold::failure);
    desk.restart();
    EXPECT_EQ(rows.header.hold, Hold::failure);
    EXPECT_EQ(running(), 0);
    desk.request(Action::resume);
    EXPECT_EQ(running(), 3);
}

TEST_F(FirstLook, one_success_outweighs_the_refusals) {
    desk.observe();
    refuse(n1);
    desk.report(n2, NodeStatus::success);
    EXPECT_EQ(rows.header.status, ReleaseStatus::running);
    EXPECT_EQ(running(), 3);
}

TEST_F(FirstLook, is_counted_from_the_rows_after_a_takeover) {
    desk.observe();
    desk.now += Millis{3'000};
    desk.restart();
    EXPECT_EQ(running(), 2);
    EXPECT_EQ(desk.wake_at, desk.now + Millis{2'000});
    desk.sleep();
    EXPECT_EQ(running(), 5);
    desk.restart();
    EXPECT_EQ(running(), 5);
}

TEST_F(FirstLook, later_batches_are_only_an_order) {
    rows.header.policy.max_parallel = 3;
    desk.observe();
    desk.report(n1, NodeStatus::success);
    EXPECT_EQ(rows.find(n3)->status, NodeStatus::running);
    EXPECT_EQ(rows.find(n4)->status, NodeStatus::running);
    EXPECT_EQ(rows.find(n5)->status, NodeStatus::pending);
    desk.report(n4, NodeStatus::success);
    EXPECT_EQ(rows.find(n5)->status, NodeStatus::running) << "n2 and n3 run on";
}

TEST_F(FirstLook, a_silent_node_frees_its_place) {
    rows.header.policy.max_parallel = 2;
    desk.observe();
    desk.report(n1, NodeStatus::success);
    EXPECT_EQ(rows.find(n3)->status, NodeStatus::running);
    desk.silence(n2, desk.now);
    EXPECT_EQ(running(), 2);
    desk.now += Millis{10'000};
    desk.give(Woken{});
    EXPECT_EQ(running(), 3) << "n2 is silent for abandon_sec";
    desk.silence(n2, never);
    desk.report(n3, NodeStatus::success);
    EXPECT_EQ(running(), 2) << "n2 has its place again";
    desk.report(n2, NodeStatus::success);
    EXPECT_EQ(running(), 2);
    EXPECT_EQ(desk.state.free_slots, 0);
}

TEST_F(FirstLook, waits_node_by_node_for_the_release_that_it_undoes) {
    rows.still_running = {n3, n5};
    desk.observe();
    desk.report(n1, NodeStatus::success);
    EXPECT_EQ(rows.find(n4)->status, NodeStatus::running);
    EXPECT_EQ(rows.find(n3)->status, NodeStatus::pending);
    rows.still_running = {n5};
    desk.sleep();
    EXPECT_EQ(rows.find(n3)->status, NodeStatus::running);
    EXPECT_EQ(rows.find(n5)->status, NodeStatus::pending);
    rows.still_running.clear();
    desk.sleep();
    EXPECT_EQ(rows.find(n5)->status, NodeStatus::running);
    desk.finish_running();
    EXPECT_EQ(rows.header.status, ReleaseStatus::success);
}

}  // namespace
}  // namespace edgeroll::release
