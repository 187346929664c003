// Dark nodes brake a release (R6 of docs/contract.md 6.3).
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

struct Dark : testing::Test {
    Rows rows{{1, 1, 1, 1, 1, 1, 1, 1, 2}};
    Desk desk{rows};

    void SetUp() override {
        rows.header.policy.max_parallel = 2;
        rows.header.policy.node_timeout = Millis{600'000};
    }
    void TearDown() override { EXPECT_THAT(desk.violations, testing::IsEmpty()); }
    void pass(int seconds) {
        desk.now += std::chrono::seconds{seconds};
        desk.give(Woken{});
    }
    [[nodiscard]] int running() const { return rows.count(NodeStatus::running); }
};

TEST_F(Dark, brakes_after_fifteen_seconds_and_not_before) {
    desk.observe();
    desk.silence(n1, desk.now);
    EXPECT_EQ(desk.wake_at, desk.now + Millis{15'000});
    pass(14);
    desk.report(n2, NodeStatus::success);
    EXPECT_EQ(running(), 2);
    EXPECT_FALSE(rows.has_history("node_dark"));
    pass(1);
    EXPECT_TRUE(rows.has_history("node_dark"));
    desk.report(n3, NodeStatus::success);
    EXPECT_EQ(running(), 1) << "nobody else is started";
    EXPECT_EQ(rows.header.status, ReleaseStatus::running);

    desk.silence(n1, never);
    EXPECT_TRUE(rows.has_history("node_back"));
    EXPECT_EQ(running(), 2);
}

TEST_F(Dark, stops_the_release_after_a_minute) {
    desk.observe();
    desk.silence(n1, desk.now);
    pass(15);
    EXPECT_EQ(desk.wake_at, desk.now + Millis{45'000});
    pass(45);
    EXPECT_EQ(rows.count(NodeStatus::skipped), 7);
    EXPECT_THAT(rows.header.last_error, HasSubstr("node edge-1 in batch 1 is dark"));
    desk.silence(n1, never);
    desk.finish_running();
    EXPECT_EQ(rows.header.status, ReleaseStatus::failed);
    EXPECT_THAT(rows.header.last_error, HasSubstr("is dark")) << "the cause stays";
}

TEST_F(Dark, leaves_no_word_behind_where_nothing_was_left_out) {
    rows.header.policy.max_parallel = 0;
    rows.nodes.back().batch = 1;
    desk.observe();
    desk.silence(n1, desk.now);
    pass(15);
    pass(45);
    EXPECT_THAT(rows.header.last_error, HasSubstr("is dark"));
    desk.finish_running();
    EXPECT_EQ(rows.header.status, ReleaseStatus::success);
    EXPECT_EQ(rows.header.last_error, "");
}

TEST_F(Dark, only_brakes_a_release_that_would_pause) {
    rows.header.policy.on_failure = OnFailure::pause;
    desk.observe();
    desk.silence(n1, desk.now);
    pass(15);
    pass(45);
    desk.report(n2, NodeStatus::success);
    EXPECT_EQ(running(), 1);
    EXPECT_EQ(rows.header.last_error, "");
    desk.silence(n1, never);
    EXPECT_EQ(running(), 2);
}

TEST_F(Dark, undoes_the_release_at_once) {
    rows.header.policy.on_failure = OnFailure::rollback;
    desk.observe();
    desk.silence(n1, desk.now);
    pass(15);
    pass(45);
    EXPECT_EQ(rows.rollbacks, 1);
}

TEST_F(Dark, is_no_trouble_within_the_limits) {
    rows.header.policy.limits.failure_threshold = 1;
    desk.observe();
    desk.silence(n1, desk.now);
    pass(15);
    pass(60);
    EXPECT_EQ(rows.count(NodeStatus::skipped), 0);
    desk.report(n2, NodeStatus::failed, FailureKind::exec_failed, "no");
    EXPECT_EQ(rows.header.last_error.find("is dark") != std::string::npos, true)
        << "one failed and one dark are two";
}

TEST_F(Dark, has_own_keys) {
    rows.header.policy.dark = Millis{30'000};
    rows.header.policy.dark_abort = Millis{40'000};
    desk.observe();
    desk.silence(n1, desk.now);
    pass(29);
    EXPECT_FALSE(rows.has_history("node_dark"));
    pass(1);
    EXPECT_TRUE(rows.has_history("node_dark"));
    pass(10);
    EXPECT_EQ(rows.count(NodeStatus::skipped), 7);
}

TEST_F(Dark, together_they_are_the_network_of_control) {
    rows.header.policy.max_parallel = 7;
    rows.header.policy.on_failure = OnFailure::rollback;
    desk.observe();
    for (int node = 1; node <= 5; ++node)
        desk.silence(NodeId{node}, desk.now + std::chrono::seconds{node});
    pass(25);
    EXPECT_TRUE(rows.has_history("own_network"));
    pass(300);
    EXPECT_EQ(rows.rollbacks, 0) << "their own time decides";
    desk.report(NodeId{6}, NodeStatus::success);
    EXPECT_EQ(running(), 6) << "and nobody else is started";
}

TEST_F(Dark, one_after_another_they_are_not) {
    rows.header.policy.max_parallel = 7;
    rows.header.policy.on_failure = OnFailure::rollback;
    desk.observe();
    for (int node = 1; node <= 5; ++node)
        desk.silence(NodeId{node}, desk.now + std::chrono::seconds{10 * node});
    pass(65);
    EXPECT_EQ(rows.rollbacks, 0);
    pass(5);
    EXPECT_EQ(rows.rollbacks, 1);
}

TEST_F(Dark, is_noticed_again_after_a_takeover) {
    desk.observe();
    desk.silence(n1, desk.now);
    pass(15);
    desk.restart();
    desk.silence(n1, desk.now);
    pass(15);
    desk.report(n2, NodeStatus::success);
    EXPECT_EQ(running(), 1);
}

}  // namespace
}  // namespace edgeroll::release
