// The phase of a release while its rows are deleted and added (docs/adr/0015).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "release/step.hpp"
#include "tests/support/rows.hpp"

namespace edgeroll::release {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using test::Desk;
using test::n1, test::n2, test::n3, test::n4, test::late_node;
using test::Rows;
using test::TaskRow;

void remove(Rows& rows, NodeId id) {
    std::erase_if(rows.nodes, [&](const TaskRow& row) { return row.node == id; });
}

/// The row is set back for another run, and its edge was emptied.
void set_back(Rows& rows, NodeId id) {
    rows.find(id)->status = NodeStatus::pending;
    rows.inventory[id].applied_version.reset();
    rows.inventory[id].observed = {};
}

struct Standing : testing::Test {
    Rows rows{{1, 2, 3}};
    Desk desk{rows};

    /// Batch 2 runs, and the rows of batch 1 were deleted.
    void lose_the_first_batch() {
        desk.observe();
        desk.report(n1, NodeStatus::success);
        ASSERT_EQ(rows.find(n2)->status, NodeStatus::running);
        remove(rows, n1);
        desk.observe();
    }
    void expect_held(Hold hold) {
        EXPECT_EQ(rows.find(n3)->status, NodeStatus::pending);
        EXPECT_EQ(rows.header.status, ReleaseStatus::paused);
        EXPECT_EQ(rows.header.hold, hold);
        Desk other(rows);
        other.observe();
        EXPECT_EQ(rows.find(n3)->status, NodeStatus::pending) << "after a takeover";
        EXPECT_EQ(rows.header.hold, hold);
    }
    void TearDown() override { EXPECT_THAT(desk.violations, testing::IsEmpty()); }
};

TEST_F(Standing, keeps_an_accepted_pause_when_an_earlier_batch_is_deleted) {
    lose_the_first_batch();
    desk.request(Action::pause);
    desk.report(n2, NodeStatus::success);

    expect_held(Hold::review);
    EXPECT_TRUE(rows.has_history("paused"));
    desk.request(Action::resume);
    EXPECT_EQ(rows.find(n3)->status, NodeStatus::running);
    EXPECT_EQ(rows.header.current_batch, 3) << "the ordinal only grows";
    EXPECT_EQ(rows.header.total_batches, 3);
    desk.report(n3, NodeStatus::success);
    EXPECT_EQ(rows.header.status, ReleaseStatus::success);
}

TEST_F(Standing, pauses_after_the_batch_when_an_earlier_one_is_deleted) {
    desk.observe();
    desk.report(n1, NodeStatus::success);
    rows.header.policy.pauses_after_batch = true;
    remove(rows, n1);
    desk.observe();
    desk.report(n2, NodeStatus::success);

    expect_held(Hold::review);
}

TEST_F(Standing, keeps_a_window_closed_when_an_earlier_batch_is_deleted) {
    lose_the_first_batch();
    rows.header.policy.windows = {Window{60, 300, 0}};  // now is midnight
    desk.observe();
    desk.report(n2, NodeStatus::success);

    expect_held(Hold::window);
}

TEST_F(Standing, asks_a_dead_gate_when_an_earlier_batch_is_deleted) {
    lose_the_first_batch();
    rows.header.policy.gates = {test::gate_at("http://gate/")};
    desk.observe();
    desk.report(n2, NodeStatus::success);

    ASSERT_EQ(desk.gates.size(), 1U);
    EXPECT_EQ(desk.gates.back().after_batch, 2);
    desk.answer(GateAnswer::Kind::unsure);
    expect_held(Hold::gate);
}

TEST_F(Standing, is_not_moved_by_rows_deleted_while_it_is_held) {
    rows.header.policy.bake = seconds(10);
    desk.observe();
    desk.report(n1, NodeStatus::success);
    ASSERT_EQ(rows.header.hold, Hold::bake);
    remove(rows, n1);
    desk.observe();
    EXPECT_EQ(rows.find(n2)->status, NodeStatus::pending);
    EXPECT_TRUE(desk.sleep(seconds(10)));

    EXPECT_EQ(rows.find(n2)->status, NodeStatus::running);
    EXPECT_EQ(rows.find(n3)->status, NodeStatus::pending);
    desk.report(n2, NodeStatus::success);
    EXPECT_EQ(rows.header.hold, Hold::bake) << "behind batch 2 as well";
}

TEST_F(Standing, goes_on_behind_a_deleted_batch_that_was_to_come) {
    rows.header.policy.pauses_after_batch = true;
    desk.observe();
    remove(rows, n2);
    desk.observe();
    desk.report(n1, NodeStatus::success);
    expect_held(Hold::review);
    EXPECT_EQ(rows.header.total_batches, 2);
}

TEST_F(Standing, fails_when_all_its_rows_are_deleted) {
    desk.observe();
    rows.nodes.clear();
    rows.add_late(late_node, 1);
    desk.observe();

    EXPECT_EQ(rows.header.status, ReleaseStatus::failed);
    EXPECT_EQ(rows.header.last_error, "its rows in release_task_nodes were deleted");
    EXPECT_EQ(rows.find(late_node)->status, NodeStatus::skipped);
}

struct LateRow : testing::TestWithParam<int> {};

// Before the first batch, in a gap, in the running batch, in a later batch, after the last batch.
TEST_P(LateRow, forms_no_batch_and_is_never_sent) {
    for (const bool is_taken_over : {false, true}) {
        for (const std::int64_t row_id : {99, 0}) {
            Rows rows({3, 3, 3, 7});
            rows.header.policy.max_parallel = 1;
            rows.header.policy.batch_interval = seconds(60);
            Desk desk(rows);
            desk.observe();
            rows.add_late(late_node, GetParam(), row_id);
            Desk other(rows);
            Desk& owner = is_taken_over ? other : desk;
            owner.observe();

            EXPECT_EQ(rows.find(late_node)->status, NodeStatus::skipped);
            EXPECT_EQ(rows.find(late_node)->error, "added after the release was started");
            EXPECT_EQ(rows.header.total_nodes, 5);
            EXPECT_EQ(rows.header.total_batches, 2);
            for (const NodeId id : {n1, n2, n3}) {
                EXPECT_EQ(rows.header.status, ReleaseStatus::running);
                EXPECT_EQ(rows.header.hold, Hold::none) << "with node " << id.value << " undone";
                EXPECT_EQ(rows.find(id)->status, NodeStatus::running);
                owner.report(id, NodeStatus::success);
            }
            EXPECT_EQ(rows.header.hold, Hold::interval);
            EXPECT_TRUE(owner.sleep(seconds(60)));
            EXPECT_EQ(rows.header.current_batch, 2);
            owner.report(n4, NodeStatus::success);
            EXPECT_EQ(rows.header.status, ReleaseStatus::success);
            EXPECT_THAT(owner.violations, testing::IsEmpty());
        }
    }
}

TEST_P(LateRow, is_known_after_one_was_deleted_and_somebody_took_over) {
    Rows rows({3, 3, 3, 7});
    Desk desk(rows);
    desk.observe();
    remove(rows, n4);
    rows.add_late(late_node, GetParam(), 2);
    Desk other(rows);
    other.observe();

    EXPECT_EQ(rows.find(late_node)->status, NodeStatus::skipped);
    EXPECT_EQ(rows.header.total_nodes, 4);
    other.finish_running();
    EXPECT_EQ(rows.header.status, ReleaseStatus::success);
    EXPECT_THAT(other.violations, testing::IsEmpty());
}

// The new row was never read when its node's turn comes.
TEST(ReplacedRow, is_never_sent_in_the_place_of_the_one_that_was_known) {
    Rows rows({3, 3, 7});
    rows.header.policy.max_parallel = 1;
    Desk desk(rows);
    desk.observe();
    remove(rows, n2);
    rows.add_late(n2, 3);
    desk.report(n1, NodeStatus::success);  // its report and the next dispatch: one commit

    EXPECT_EQ(rows.find(n2)->status, NodeStatus::skipped);
    EXPECT_EQ(rows.find(n2)->error, "added after the release was started");
    for (const StartConversation& sent : desk.started)
        EXPECT_NE(sent.node, n2);
    EXPECT_EQ(rows.find(n1)->status, NodeStatus::running) << "asked again";
    EXPECT_THAT(desk.violations, testing::IsEmpty());
}

TEST_P(LateRow, counts_for_no_limit_whatever_is_written_into_it) {
    for (const NodeStatus status :
         {NodeStatus::failed, NodeStatus::running, NodeStatus::deferred}) {
        Rows rows({3, 3, 7});
        rows.header.policy.limits.max_batch_fail_rate_percent = 0;
        Desk desk(rows);
        desk.observe();
        rows.add_late(late_node, GetParam()).status = status;
        desk.observe();
        desk.finish_running();
        desk.finish_running();

        EXPECT_EQ(rows.header.status, ReleaseStatus::success);
        EXPECT_TRUE(is_final(rows.find(late_node)->status));
        EXPECT_THAT(desk.violations, testing::IsEmpty());
    }
}

INSTANTIATE_TEST_SUITE_P(Batches, LateRow,
                         testing::Values(0, -5, 1, 3, 5, 7, 8, std::numeric_limits<int>::max(),
                                         std::numeric_limits<int>::min()));

// A row that exists at the start belongs to it, also when the read did not have it yet.
TEST_F(Standing, starts_with_what_is_there_or_reads_again) {
    Observed observed;
    observed.snapshot = rows.read();
    rows.add_late(late_node, 2, 2);  // an id below the newest: a cluster assigns such ids
    desk.give(Event{observed});

    EXPECT_EQ(rows.header.total_nodes, 4);
    desk.finish_running();
    EXPECT_EQ(rows.find(late_node)->status, NodeStatus::running);
}

// "paused/interval with nodes of batch 1 undone" cannot occur.
TEST_F(Standing, ends_what_lies_between_batches_when_a_row_is_set_back) {
    for (const Hold hold : {Hold::bake, Hold::interval, Hold::gate}) {
        Rows again({1, 1, 2});
        if (hold == Hold::bake) again.header.policy.bake = seconds(10);
        if (hold == Hold::interval) again.header.policy.batch_interval = seconds(10);
        if (hold == Hold::gate) again.header.policy.gates = {test::gate_at("http://gate/")};
        Desk one(again);
        one.observe();
        one.finish_running();
        ASSERT_EQ(again.header.hold, hold);
        set_back(again, n1);
        one.observe();

        EXPECT_EQ(again.find(n1)->status, NodeStatus::running);
        EXPECT_EQ(again.header.status, ReleaseStatus::running);
        EXPECT_EQ(again.header.hold, Hold::none);
        EXPECT_EQ(again.header.current_batch, 1);
        one.report(n1, NodeStatus::success);
        EXPECT_EQ(again.header.hold, hold) << "and begins anew";
        EXPECT_THAT(one.violations, testing::IsEmpty());
    }
}

TEST_F(Standing, stays_paused_by_an_operator_when_a_row_is_set_back) {
    desk.observe();
    desk.request(Action::pause);
    desk.report(n1, NodeStatus::success);
    ASSERT_EQ(rows.header.hold, Hold::review);
    set_back(rows, n1);
    desk.observe();

    EXPECT_EQ(rows.find(n1)->status, NodeStatus::pending);
    EXPECT_EQ(rows.header.hold, Hold::review);
    desk.request(Action::resume);
    EXPECT_EQ(rows.find(n1)->status, NodeStatus::running);
    EXPECT_EQ(rows.find(n2)->status, NodeStatus::pending);
}

// An older process had the claim: it writes only the ordinal.
struct OlderProcess : testing::Test {
    Rows rows{{4, 4, 8, 9}};
    void forget() {
        rows.header.started_batch.reset();
        for (TaskRow& row : rows.nodes)
            row.start_epoch.reset();
    }
};

TEST_F(OlderProcess, is_derived_from_the_ordinal_and_written_down) {
    Desk desk(rows);
    desk.observe();
    desk.finish_running();
    ASSERT_EQ(rows.header.started_batch, 8);
    forget();
    Desk other(rows);
    other.observe();

    EXPECT_EQ(rows.header.started_batch, 8);
    EXPECT_EQ(rows.header.current_batch, 2);
    EXPECT_THAT(rows.nodes,
                testing::Each(testing::Field(&TaskRow::start_epoch, testing::Ne(std::nullopt))));
    remove(rows, n1);
    remove(rows, n2);
    rows.header.policy.pauses_after_batch = true;
    other.observe();
    other.report(n3, NodeStatus::success);
    EXPECT_EQ(rows.header.hold, Hold::review) << "from now on by number";
    EXPECT_THAT(other.violations, testing::IsEmpty());
}

TEST_F(OlderProcess, stood_before_the_batch_that_nobody_touched) {
    rows.header.policy.batch_interval = seconds(60);
    Desk desk(rows);
    desk.observe();
    desk.finish_running();
    ASSERT_EQ(rows.header.hold, Hold::interval);
    forget();
    remove(rows, n1);
    remove(rows, n2);
    Desk other(rows);
    other.observe();

    EXPECT_EQ(rows.find(n3)->status, NodeStatus::pending);
    EXPECT_EQ(rows.header.hold, Hold::interval);
    EXPECT_TRUE(other.sleep(seconds(60)));
    EXPECT_EQ(rows.find(n3)->status, NodeStatus::running);
    EXPECT_THAT(other.violations, testing::IsEmpty());
}

TEST_F(OlderProcess, has_late_rows_above_total_nodes) {
    Desk desk(rows);
    desk.observe();
    forget();
    rows.add_late(late_node, 8);
    Desk other(rows);
    other.observe();

    EXPECT_EQ(rows.find(late_node)->status, NodeStatus::skipped);
    EXPECT_THAT(other.violations, testing::IsEmpty());
}

}  // namespace
}  // namespace edgeroll::release
