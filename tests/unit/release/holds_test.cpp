// Between two batches: what holds a release, for how long, and who may end the hold
// (docs/contract.md section 6).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>

#include "release/step.hpp"
#include "tests/support/rows.hpp"

namespace edgeroll::release {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using test::Desk;
using test::n1, test::n2, test::n3;
using test::Rows;

using GateKind = GateAnswer::Kind;

// The epoch is midnight UTC: open from one o'clock on.
const Window from_one_to_five{60, 300, 0};

/// Brings a release of three batches to a hold after the first batch.
void reach(Hold hold, Rows& rows, Desk& desk) {
    Policy& policy = rows.header.policy;
    if (hold == Hold::bake) policy.bake = seconds(10);
    if (hold == Hold::gate) policy.gates = {test::gate_at("http://gate/")};
    if (hold == Hold::review || hold == Hold::violation) policy.pauses_after_batch = true;
    if (hold == Hold::failure) policy.on_failure = OnFailure::pause;
    if (hold == Hold::interval) policy.batch_interval = seconds(60);
    desk.observe();
    if (hold == Hold::window) policy.windows = {from_one_to_five};
    if (hold == Hold::failure) {
        desk.report(n1, NodeStatus::failed, FailureKind::exec_failed, "bad");
    } else {
        desk.report(n1, NodeStatus::success);
    }
    if (hold == Hold::violation) {
        rows.header.hold = Hold::violation;
        desk.observe();
    }
    ASSERT_EQ(rows.header.hold, hold);
}

struct Holds : testing::Test {
    Rows rows{{1, 2, 3}};
    Desk desk{rows};

    void expect_opened(int batch) const {
        EXPECT_EQ(rows.header.current_batch, batch);
        EXPECT_EQ(rows.header.status, ReleaseStatus::running);
        EXPECT_EQ(rows.header.batch_status, BatchStatus::running);
        EXPECT_EQ(rows.header.hold, Hold::none);
        EXPECT_FALSE(rows.header.paused_at.has_value());
    }
    void expect_paused(Hold hold) const {
        EXPECT_EQ(rows.header.status, ReleaseStatus::paused);
        EXPECT_EQ(rows.header.batch_status, BatchStatus::paused);
        EXPECT_EQ(rows.header.hold, hold);
        EXPECT_TRUE(rows.header.paused_at.has_value());
    }
    void TearDown() override { EXPECT_THAT(desk.violations, testing::IsEmpty()); }
};

struct EachHold : Holds, testing::WithParamInterface<Hold> {
    void SetUp() override { reach(GetParam(), rows, desk); }
    void TearDown() override { Holds::TearDown(); }
};

TEST_P(EachHold, is_a_pause_that_counts_as_no_working_time) {
    expect_paused(GetParam());
    EXPECT_EQ(rows.header.current_batch, 1);
    EXPECT_EQ(rows.find(n2)->status, NodeStatus::pending);
}

TEST_P(EachHold, is_the_same_after_a_takeover) {
    const auto until = rows.header.hold_until;
    desk.now += seconds(1);
    rows.now = desk.now;
    Desk other(rows);
    other.observe();

    EXPECT_TRUE(other.started.empty());
    expect_paused(GetParam());
    EXPECT_EQ(rows.header.hold_until, until);
    const bool is_gate = GetParam() == Hold::gate;
    EXPECT_EQ(other.gates.size(), is_gate ? 1U : 0U);
    // A gate is called at once and gives up at its end; the other holds are checked when they end.
    EXPECT_EQ(other.wake_at, until.value_or(never));
}

TEST_P(EachHold, is_passed_by_continue_but_for_the_windows) {
    desk.request(Action::resume);

    EXPECT_EQ(rows.header.requested, Action::none);
    if (GetParam() == Hold::window) {
        expect_paused(Hold::window);
        EXPECT_TRUE(desk.sleep());
    }
    expect_opened(2);
    EXPECT_EQ(rows.find(n2)->status, NodeStatus::running);
    EXPECT_EQ(rows.find(n3)->status, NodeStatus::pending);
}

TEST_P(EachHold, is_passed_when_somebody_writes_running) {
    rows.header.status = ReleaseStatus::running;
    desk.observe();

    const bool is_woken = GetParam() != Hold::window || desk.sleep();
    EXPECT_TRUE(is_woken);
    expect_opened(2);
    EXPECT_EQ(rows.header.last_error, "");
    EXPECT_TRUE(rows.has_history("continued"));
}

TEST_P(EachHold, is_passed_by_a_continue_that_nobody_saw_before_a_takeover) {
    rows.header.requested = Action::resume;
    Desk other(rows);
    other.observe();

    const bool is_woken = GetParam() != Hold::window || other.sleep();
    EXPECT_TRUE(is_woken);
    expect_opened(2);
    ASSERT_EQ(other.started.size(), 1U);
    EXPECT_EQ(other.started.front().node, n2);
}

TEST_P(EachHold, becomes_one_for_an_operator_when_a_pause_is_asked_for) {
    desk.request(Action::pause);
    desk.sleep(hours(30));
    desk.observe();
    if (!desk.gates.empty()) desk.answer(GateKind::pass);

    EXPECT_EQ(rows.header.status, ReleaseStatus::paused);
    EXPECT_FALSE(ends_by_itself(rows.header.hold));
    EXPECT_EQ(rows.find(n2)->status, NodeStatus::pending);

    rows.header.policy.windows.clear();
    desk.request(Action::resume);
    expect_opened(2);
}

TEST_P(EachHold, ends_when_the_release_is_stopped) {
    desk.request(Action::stop);

    EXPECT_EQ(rows.header.status, ReleaseStatus::cancelled);
    EXPECT_EQ(rows.header.hold, Hold::none);
    EXPECT_EQ(rows.count(NodeStatus::skipped), 2);
}

TEST_P(EachHold, stays_when_somebody_writes_paused_over_it) {
    rows.header.status = ReleaseStatus::paused;
    rows.header.batch_status = BatchStatus::running;
    desk.observe();

    EXPECT_EQ(rows.find(n2)->status, NodeStatus::pending);
    expect_paused(GetParam());
}

TEST_P(EachHold, survives_a_status_of_pending_that_somebody_wrote) {
    rows.header.status = ReleaseStatus::pending;
    desk.observe();
    rows.header.policy.windows.clear();
    for (int i = 0; i < 3 && rows.header.current_batch == 1; ++i) {
        desk.sleep(hours(3));
        if (!desk.gates.empty()) desk.answer(GateKind::pass);
        desk.observe();
    }

    expect_opened(2);
}

TEST_P(EachHold, ends_by_itself_or_waits_for_an_operator) {
    if (GetParam() == Hold::gate) {
        desk.answer(GateKind::pass);
    } else {
        EXPECT_EQ(desk.sleep(hours(1000)), ends_by_itself(GetParam()));
    }
    if (ends_by_itself(GetParam())) {
        expect_opened(2);
    } else {
        expect_paused(GetParam());
    }
}

INSTANTIATE_TEST_SUITE_P(All, EachHold,
                         testing::Values(Hold::bake, Hold::gate, Hold::review, Hold::failure,
                                         Hold::violation, Hold::interval, Hold::window),
                         [](const testing::TestParamInfo<Hold>& hold) {
                             return std::string(to_text(hold.param));
                         });

TEST_F(Holds, come_in_the_order_bake_gate_interval_window) {
    Policy& policy = rows.header.policy;
    policy.bake = seconds(10);
    policy.gates = {test::gate_at("http://gate/")};
    policy.batch_interval = seconds(60);
    desk.observe();
    policy.windows = {from_one_to_five};
    desk.report(n1, NodeStatus::success);

    expect_paused(Hold::bake);
    desk.answer(GateKind::pass);  // asked while it bakes: only a refusal would count
    desk.sleep();
    expect_paused(Hold::gate);
    EXPECT_EQ(desk.gates.size(), 2U);
    EXPECT_EQ(desk.gates.back().after_batch, 1);
    EXPECT_EQ(desk.gates.back().gate.url, "http://gate/");
    desk.answer(GateKind::pass, "200");
    expect_paused(Hold::interval);
    desk.sleep();
    EXPECT_EQ(desk.now, Rows::epoch + seconds(60));  // not added to the bake
    expect_paused(Hold::window);
    desk.sleep();
    EXPECT_EQ(desk.now, Rows::epoch + hours(1));
    expect_opened(2);
}

TEST_F(Holds, end_in_a_review_after_bake_and_gate_when_asked_for) {
    Policy& policy = rows.header.policy;
    policy.bake = seconds(10);
    policy.gates = {test::gate_at("http://gate/")};
    policy.pauses_after_batch = true;
    desk.observe();
    desk.report(n1, NodeStatus::success);
    desk.answer(GateKind::pass);
    desk.sleep();
    desk.answer(GateKind::pass);
    expect_paused(Hold::review);
}

TEST_F(Holds, are_all_passed_by_one_continue) {
    Policy& policy = rows.header.policy;
    policy.bake = seconds(10);
    policy.gates = {test::gate_at("http://gate/")};
    policy.pauses_after_batch = true;
    desk.observe();
    desk.report(n1, NodeStatus::success);
    desk.request(Action::resume);

    expect_opened(2);
    EXPECT_EQ(desk.gates.size(), 1U);  // while it baked
    desk.report(n2, NodeStatus::success);
    expect_paused(Hold::bake);  // the next batches hold again
}

TEST_F(Holds, are_bake_and_gate_alone_after_the_last_batch) {
    desk.observe();
    desk.report(n1, NodeStatus::success);
    desk.report(n2, NodeStatus::success);
    Policy& policy = rows.header.policy;
    policy.bake = seconds(10);
    policy.pauses_after_batch = true;
    policy.batch_interval = seconds(60);
    policy.windows = {from_one_to_five};
    desk.observe();
    desk.report(n3, NodeStatus::success);
    expect_paused(Hold::bake);
    desk.sleep();

    EXPECT_EQ(rows.header.status, ReleaseStatus::success);
    EXPECT_EQ(desk.now, Rows::epoch + seconds(10));
}

TEST_F(Holds, do_not_pause_in_the_last_batch) {
    desk.observe();
    desk.report(n1, NodeStatus::success);
    desk.report(n2, NodeStatus::success);
    desk.request(Action::pause);
    desk.report(n3, NodeStatus::success);

    EXPECT_EQ(rows.header.status, ReleaseStatus::success);
    EXPECT_EQ(rows.header.requested, Action::none);
}

TEST_F(Holds, forget_a_pause_that_a_continue_withdraws) {
    desk.observe();
    desk.request(Action::pause);
    EXPECT_EQ(rows.header.requested, Action::pause);
    desk.request(Action::resume);
    desk.report(n1, NodeStatus::success);

    expect_opened(2);
}

TEST_F(Holds, count_the_interval_from_the_end_of_the_batchs_last_node) {
    rows.nodes[1].batch = 1;  // two nodes in the first batch
    rows.header.policy.batch_interval = seconds(60);
    desk.observe();
    desk.report(n1, NodeStatus::success);
    desk.now += seconds(30);
    desk.report(n2, NodeStatus::success);
    expect_paused(Hold::interval);
    desk.sleep();

    EXPECT_EQ(desk.now, Rows::epoch + seconds(90));
    expect_opened(2);
}

TEST_F(Holds, count_what_went_by_before_a_takeover_that_saw_no_hold) {
    rows.header.policy.batch_interval = seconds(60);
    desk.observe();
    // The last node's end is written, and the process dies before it decides about the hold.
    Rows before = rows;
    desk.report(n1, NodeStatus::success);
    const Instant ended = desk.now;
    rows.header = before.header;
    rows.now = ended + seconds(45);
    Desk other(rows);
    other.observe();

    EXPECT_EQ(rows.header.hold_until, ended + seconds(60));
    other.sleep();
    expect_opened(2);
}

TEST_F(Holds, open_the_batch_at_once_when_their_time_is_over_already) {
    rows.header.policy.bake = seconds(10);
    rows.header.policy.batch_interval = seconds(60);
    desk.observe();
    desk.report(n1, NodeStatus::success);
    rows.now += hours(2);
    Desk other(rows);
    other.observe();

    expect_opened(2);
}

TEST_F(Holds, obey_a_pause_written_before_the_first_batch) {
    rows.header.policy.windows = {from_one_to_five};
    desk.observe();
    EXPECT_EQ(rows.header.hold, Hold::window);
    EXPECT_EQ(rows.header.status, ReleaseStatus::pending);
    rows.header.status = ReleaseStatus::paused;
    desk.observe();
    desk.sleep(hours(2));
    desk.observe();

    EXPECT_EQ(rows.header.status, ReleaseStatus::paused);
    EXPECT_EQ(rows.header.current_batch, 0);
    EXPECT_TRUE(desk.started.empty());
    desk.request(Action::resume);
    expect_opened(1);
}

TEST_F(Holds, pause_before_the_first_batch_when_asked_and_start_when_continued) {
    rows.header.requested = Action::pause;
    desk.observe();
    EXPECT_EQ(rows.header.status, ReleaseStatus::paused);
    EXPECT_EQ(rows.header.hold, Hold::review);
    EXPECT_FALSE(rows.header.paused_at.has_value());  // pauses are not counted before the start
    desk.request(Action::resume);

    expect_opened(1);
    EXPECT_EQ(rows.header.started_at, desk.now);
}

TEST_F(Holds, stand_in_the_history_behind_the_node_that_ended_the_batch) {
    desk.observe();
    EXPECT_EQ(rows.last.batch_after, 0U);
    EXPECT_EQ(rows.last.status_after, 0U);
    rows.header.requested = Action::pause;
    ++rows.header.steer_seq;
    desk.observe();
    desk.state.read_for_batch = 2;
    desk.report(n1, NodeStatus::success);
    expect_paused(Hold::review);
    ASSERT_THAT(rows.last.nodes, testing::SizeIs(1));
    ASSERT_THAT(rows.last.history, testing::SizeIs(2));
    for (const HistoryRow& row : rows.last.history)
        EXPECT_EQ(row.after_nodes, 1U) << row.kind;
    EXPECT_EQ(rows.last.status_after, 1U);
}

TEST_F(Holds, let_a_node_be_told_before_the_batch_that_it_made_way_for) {
    desk.observe();
    desk.state.read_for_batch = 2;
    desk.report(n1, NodeStatus::success);
    expect_opened(2);
    ASSERT_THAT(rows.last.nodes, testing::SizeIs(2)) << "its end and the next intent in one commit";
    EXPECT_EQ(rows.last.nodes[0].to, NodeStatus::success);
    EXPECT_EQ(rows.last.batch_after, 1U);
}

/// How often the history says that the release waits for a window.
int window_rows(const Rows& rows) {
    int found = 0;
    for (const HistoryRow& row : rows.history) {
        if (row.kind == "hold" && row.detail[0].second == "window") ++found;
    }
    return found;
}

TEST_F(Holds, are_no_window_after_a_continue_without_windows) {
    rows.header.policy.pauses_after_batch = true;
    desk.observe();
    desk.report(n1, NodeStatus::success);
    desk.request(Action::resume);
    expect_opened(2);
    EXPECT_EQ(window_rows(rows), 0);
    rows.header.policy.windows = {from_one_to_five};
    desk.report(n2, NodeStatus::success);
    desk.request(Action::resume);
    expect_paused(Hold::window);
    EXPECT_EQ(window_rows(rows), 1) << "there it does wait for one";
    desk.sleep();
    expect_opened(3);
}

TEST_F(Holds, keep_a_pause_of_a_running_batch_over_its_end) {
    desk.observe();
    rows.header.status = ReleaseStatus::paused;
    desk.observe();
    EXPECT_EQ(rows.header.hold, Hold::review);
    EXPECT_FALSE(rows.header.paused_at.has_value());  // a node runs: this is working time
    desk.report(n1, NodeStatus::success);
    expect_paused(Hold::review);
    desk.request(Action::resume);

    expect_opened(2);
}

}  // namespace
}  // namespace edgeroll::release
