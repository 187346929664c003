// The gate between two batches: called after the bake, until it decides (docs/contract.md section
// 6).
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

/// Three batches; the gate after the first batch is being called.
struct Gates : testing::Test {
    Rows rows{{1, 2, 3}};
    Desk desk{rows};

    void SetUp() override {
        rows.header.policy.gates = {test::gate_at("http://gate/")};
        desk.observe();
        desk.report(n1, NodeStatus::success);
        ASSERT_EQ(desk.gates.size(), 1U);
    }
    void expect_opened(int batch) const {
        EXPECT_EQ(rows.header.current_batch, batch);
        EXPECT_EQ(rows.header.status, ReleaseStatus::running);
        EXPECT_EQ(rows.header.hold, Hold::none);
    }
    void expect_paused(Hold hold) const {
        EXPECT_EQ(rows.header.status, ReleaseStatus::paused);
        EXPECT_EQ(rows.header.batch_status, BatchStatus::paused);
        EXPECT_EQ(rows.header.hold, hold);
    }
    void TearDown() override { EXPECT_THAT(desk.violations, testing::IsEmpty()); }
};

TEST_F(Gates, fail_the_release_when_they_refuse) {
    desk.answer(GateKind::fail, "403");

    EXPECT_EQ(rows.header.status, ReleaseStatus::failed);
    EXPECT_EQ(rows.header.last_error, "the gate refused: 403");
    EXPECT_EQ(rows.count(NodeStatus::skipped), 2);
    EXPECT_EQ(rows.rollbacks, 0);
}

TEST_F(Gates, roll_back_when_they_refuse_and_on_failure_says_so) {
    rows.header.policy.on_failure = OnFailure::rollback;
    desk.observe();
    desk.answer(GateKind::fail, "403");
    EXPECT_EQ(rows.header.status, ReleaseStatus::failed);
    EXPECT_EQ(rows.rollbacks, 1);
}

TEST_F(Gates, pause_when_they_refuse_and_on_failure_says_so) {
    rows.header.policy.on_failure = OnFailure::pause;
    desk.observe();
    desk.answer(GateKind::fail, "403");
    expect_paused(Hold::failure);
    EXPECT_EQ(rows.header.last_error, "the gate refused: 403");
    desk.request(Action::resume);

    expect_opened(2);
    EXPECT_EQ(rows.header.waived_failures, 0);  // no node has failed
}

TEST_F(Gates, are_asked_again_after_a_pause_while_unsure) {
    desk.answer(GateKind::unsure);
    EXPECT_EQ(desk.gates.size(), 1U);
    desk.sleep();
    EXPECT_EQ(desk.now, Rows::epoch + desk.state.rules.gate_pause);
    EXPECT_EQ(desk.gates.size(), 2U);
    desk.answer(GateKind::pass);

    expect_opened(2);
}

TEST_F(Gates, pause_the_release_when_unsure_to_the_end) {
    for (int i = 0; i < 200 && rows.header.hold == Hold::gate; ++i) {
        desk.answer(GateKind::unsure, "503");
        desk.sleep();
    }

    expect_paused(Hold::review);
    EXPECT_THAT(rows.header.last_error, testing::HasSubstr("gate_timeout_sec"));
    EXPECT_EQ(desk.now, Rows::epoch + rows.header.policy.gate_timeout);
    EXPECT_EQ(desk.gates.size(), 60U);
    desk.request(Action::resume);
    expect_opened(2);
    EXPECT_EQ(rows.header.last_error, "");
}

TEST_F(Gates, wait_for_an_answer_that_is_on_its_way_at_the_end) {
    desk.sleep();
    EXPECT_EQ(desk.now, Rows::epoch + rows.header.policy.gate_timeout);
    expect_paused(Hold::gate);
    desk.answer(GateKind::pass);

    expect_opened(2);
}

TEST_F(Gates, are_asked_once_after_a_takeover_even_past_their_end) {
    rows.now += hours(1);
    Desk other(rows);
    other.observe();
    ASSERT_EQ(other.gates.size(), 1U);
    other.answer(GateKind::unsure);

    expect_paused(Hold::review);
}

TEST_F(Gates, keep_their_end_over_a_takeover) {
    rows.now += seconds(290);
    Desk other(rows);
    other.observe();
    other.answer(GateKind::unsure);
    while (rows.header.hold == Hold::gate && other.sleep()) {
        if (other.gates.size() > 1) other.answer(GateKind::unsure);
    }

    EXPECT_EQ(other.now, Rows::epoch + seconds(300));
}

TEST_F(Gates, are_not_asked_again_by_a_reading) {
    desk.observe();
    desk.observe();
    EXPECT_EQ(desk.gates.size(), 1U);
    desk.answer(GateKind::unsure);
    desk.observe();
    EXPECT_EQ(desk.gates.size(), 1U);
}

TEST_F(Gates, forget_an_answer_that_comes_after_an_operators_decision) {
    desk.request(Action::pause);
    desk.answer(GateKind::fail, "403");
    expect_paused(Hold::review);
    desk.request(Action::resume);
    desk.answer(GateKind::fail, "403");

    expect_opened(2);
}

TEST_F(Gates, forget_the_answer_to_an_older_question) {
    desk.request(Action::resume);
    desk.report(n2, NodeStatus::success);
    expect_paused(Hold::gate);
    GateHeard old;
    old.after_batch = 1;
    old.answer.kind = GateKind::pass;
    desk.give(old);

    expect_paused(Hold::gate);
    desk.answer(GateKind::pass);
    expect_opened(3);
}

}  // namespace
}  // namespace edgeroll::release
