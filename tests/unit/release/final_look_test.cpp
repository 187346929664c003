// Bake and gate: asked meanwhile, and after the last batch too (docs/contract.md 6.2).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "release/step.hpp"
#include "tests/support/rows.hpp"

namespace edgeroll::release {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using test::Desk;
using test::n1, test::n2;
using test::Rows;

using GateKind = GateAnswer::Kind;

struct Look : testing::Test {
    Rows rows{{1, 2}};
    Desk desk{rows};
    Policy& policy = rows.header.policy;

    void run_to_the_end() {
        desk.observe();
        desk.report(n1, NodeStatus::success);
        while (rows.header.current_batch == 1) {
            ASSERT_TRUE(desk.sleep());
            if (rows.header.hold == Hold::gate) desk.answer(GateKind::pass);
            if (rows.header.hold == Hold::gate) desk.answer(GateKind::pass);  // the bake's was open
        }
        desk.report(n2, NodeStatus::success);
    }
    void expect_held(Hold hold) const {
        EXPECT_EQ(rows.header.status, ReleaseStatus::paused);
        EXPECT_EQ(rows.header.batch_status, BatchStatus::paused);
        EXPECT_EQ(rows.header.hold, hold);
    }
    [[nodiscard]] bool is_baked() const { return rows.last.release.is_baked; }
    void TearDown() override { EXPECT_THAT(desk.violations, testing::IsEmpty()); }
};

TEST_F(Look, is_none_without_bake_and_gate) {
    run_to_the_end();
    EXPECT_EQ(rows.header.status, ReleaseStatus::success);
    EXPECT_TRUE(is_baked());
}

TEST_F(Look, bakes_after_the_last_batch) {
    policy.bake = seconds(10);
    run_to_the_end();
    expect_held(Hold::bake);
    EXPECT_EQ(rows.header.current_batch, 2);
    EXPECT_FALSE(desk.is_let_go);
    const Instant ended = desk.now;

    ASSERT_TRUE(desk.sleep());
    EXPECT_EQ(desk.now, ended + seconds(10));
    EXPECT_EQ(rows.header.status, ReleaseStatus::success);
    EXPECT_TRUE(is_baked());
    EXPECT_FALSE(rows.has_history("unbaked"));
}

TEST_F(Look, bakes_after_the_only_batch) {
    rows = Rows{{1, 1}};
    policy.bake = seconds(10);
    desk.observe();
    desk.report(n1, NodeStatus::success);
    desk.report(n2, NodeStatus::success);
    expect_held(Hold::bake);
}

TEST_F(Look, fails_a_release_whose_last_gate_refuses) {
    policy.gates = {test::gate_at("http://gate/")};
    policy.on_failure = OnFailure::rollback;
    run_to_the_end();
    expect_held(Hold::gate);
    desk.answer(GateKind::fail, "403");

    EXPECT_EQ(rows.header.status, ReleaseStatus::failed);
    EXPECT_EQ(rows.rollbacks, 1);
    EXPECT_FALSE(is_baked());
}

TEST_F(Look, waits_for_an_operator_when_the_last_gate_is_unsure) {
    policy.gates = {test::gate_at("http://gate/")};
    run_to_the_end();
    for (int i = 0; i < 200 && rows.header.hold == Hold::gate; ++i) {
        desk.answer(GateKind::unsure, "503");
        desk.sleep();
    }
    expect_held(Hold::review);
    EXPECT_FALSE(desk.is_let_go);
    desk.request(Action::resume);
    EXPECT_EQ(rows.header.status, ReleaseStatus::success);
    EXPECT_FALSE(is_baked());
}

TEST_F(Look, is_cut_short_by_continue) {
    policy.bake = hours(1);
    rows = Rows{{1}};
    policy.bake = hours(1);
    desk.observe();
    desk.report(n1, NodeStatus::success);
    expect_held(Hold::bake);
    desk.request(Action::resume);

    EXPECT_EQ(rows.header.status, ReleaseStatus::success);
    EXPECT_FALSE(is_baked());
    EXPECT_TRUE(rows.has_history("unbaked"));
}

TEST_F(Look, is_held_by_a_pause_and_ended_by_a_stop) {
    rows = Rows{{1}};
    policy.bake = seconds(10);
    desk.observe();
    desk.report(n1, NodeStatus::success);
    desk.request(Action::pause);
    expect_held(Hold::review);
    EXPECT_FALSE(desk.sleep(hours(1)));
    desk.request(Action::stop);
    EXPECT_EQ(rows.header.status, ReleaseStatus::cancelled);
    EXPECT_FALSE(is_baked());
}

TEST_F(Look, goes_on_after_a_takeover) {
    rows = Rows{{1}};
    policy.bake = seconds(10);
    desk.observe();
    desk.report(n1, NodeStatus::success);
    desk.now += seconds(4);
    desk.restart();
    expect_held(Hold::bake);
    ASSERT_TRUE(desk.sleep());
    EXPECT_EQ(desk.now, Rows::epoch + seconds(10));
    EXPECT_EQ(rows.header.status, ReleaseStatus::success);
    EXPECT_TRUE(is_baked());
}

TEST_F(Look, is_not_wanted) {
    policy.bake = seconds(10);
    policy.has_final_look = false;
    run_to_the_end();
    EXPECT_EQ(rows.header.status, ReleaseStatus::success);
    EXPECT_FALSE(is_baked());
}

TEST_F(Look, asks_the_gate_while_it_bakes) {
    policy.bake = seconds(60);
    policy.gates = {test::gate_at("http://gate/")};
    desk.observe();
    desk.report(n1, NodeStatus::success);
    expect_held(Hold::bake);
    ASSERT_EQ(desk.gates.size(), 1U);
    desk.answer(GateKind::pass);
    expect_held(Hold::bake);
    ASSERT_TRUE(desk.sleep());
    EXPECT_EQ(desk.now, Rows::epoch + seconds(15));
    ASSERT_EQ(desk.gates.size(), 2U);
    desk.answer(GateKind::fail, "403");

    EXPECT_EQ(rows.header.status, ReleaseStatus::failed);
    EXPECT_EQ(rows.header.last_error, "the gate refused: 403");
    EXPECT_EQ(rows.find(n2)->status, NodeStatus::skipped);
}

TEST_F(Look, needs_a_pass_that_was_asked_for_after_the_bake) {
    policy.bake = seconds(10);
    policy.gates = {test::gate_at("http://gate/")};
    desk.observe();
    desk.report(n1, NodeStatus::success);
    ASSERT_EQ(desk.gates.size(), 1U);
    ASSERT_TRUE(desk.sleep());
    expect_held(Hold::gate);
    EXPECT_EQ(desk.gates.size(), 1U);  // the question of the bake is still open
    desk.answer(GateKind::pass);
    expect_held(Hold::gate);
    ASSERT_EQ(desk.gates.size(), 2U);
    desk.answer(GateKind::pass);
    EXPECT_EQ(rows.header.current_batch, 2);
    EXPECT_EQ(rows.header.status, ReleaseStatus::running);
}

TEST_F(Look, does_not_wake_for_ever_for_a_time_that_has_passed) {
    policy.bake = hours(1);
    policy.gates = {test::gate_at("http://gate/")};
    desk.observe();
    desk.report(n1, NodeStatus::success);
    // Somebody moves the release on: it asks the gate, its time is over, and the bake is not.
    rows.header.hold = Hold::gate;
    rows.header.hold_until = desk.now;
    desk.restart();
    desk.now += seconds(1);
    desk.answer(GateKind::pass);
    EXPECT_GT(desk.wake_at, desk.now);
}

TEST_F(Look, asks_at_once_in_the_next_bake) {
    policy.bake = seconds(10);
    policy.gates = {test::gate_at("http://gate/")};
    run_to_the_end();
    expect_held(Hold::bake);
    EXPECT_EQ(desk.gates.back().after_batch, 2);
    EXPECT_EQ(desk.gates.back().asked_at, desk.now);
}

TEST_F(Look, asks_anew_after_a_takeover_in_the_bake) {
    policy.bake = seconds(60);
    policy.gates = {test::gate_at("http://gate/")};
    desk.observe();
    desk.report(n1, NodeStatus::success);
    desk.restart();
    EXPECT_EQ(desk.gates.size(), 2U);
    desk.answer(GateKind::fail, "403");
    EXPECT_EQ(rows.header.status, ReleaseStatus::failed);
}

}  // namespace
}  // namespace edgeroll::release
