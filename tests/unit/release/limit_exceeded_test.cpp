// The result of an exceeded limit: stop, pause or rollback (docs/contract.md section 6).
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

struct Trip : testing::Test {
    Rows rows{{1, 1, 2}};
    Desk desk{rows};

    void fail(NodeId id) { desk.report(id, NodeStatus::failed, FailureKind::exec_failed, "bad"); }
    void TearDown() override { EXPECT_THAT(desk.violations, testing::IsEmpty()); }
};

TEST_F(Trip, keeps_the_limit_as_evidence_once) {
    for (const OnFailure what : {OnFailure::stop, OnFailure::pause, OnFailure::rollback}) {
        Rows fresh{{1, 1, 2}};
        Desk other(fresh);
        fresh.header.policy.on_failure = what;
        std::vector<Evidence> kept;
        const auto keep = [&] {
            for (const Evidence& one : fresh.last.evidence)
                if (one.gate == evidence::limits) kept.push_back(one);
        };
        other.observe();
        other.report(n1, NodeStatus::failed, FailureKind::exec_failed, "no");
        keep();
        other.report(n2, NodeStatus::success);
        keep();
        ASSERT_EQ(kept.size(), 1U) << to_text(what);
        EXPECT_EQ(kept[0].verdict, Judgement::fail);
        EXPECT_TRUE(kept[0].is_decisive);
        EXPECT_THAT(kept[0].summary, testing::HasSubstr("no failure is tolerated"));
    }
}

TEST_F(Trip, asks_for_one_rollback_at_once) {
    rows.header.policy.on_failure = OnFailure::rollback;
    desk.observe();
    fail(n1);
    EXPECT_EQ(rows.rollbacks, 1) << "n2 still runs";
    desk.report(n2, NodeStatus::success);

    EXPECT_EQ(rows.header.status, ReleaseStatus::failed);
    EXPECT_EQ(rows.rollbacks, 1);
    EXPECT_EQ(rows.find(n3)->status, NodeStatus::skipped);
    Desk other(rows);
    other.observe();
    EXPECT_EQ(rows.rollbacks, 1);
}

TEST_F(Trip, asks_for_a_rollback_after_a_takeover_that_found_it_failing) {
    rows.header.policy.on_failure = OnFailure::rollback;
    desk.observe();
    fail(n1);
    Desk other(rows);
    other.observe();
    other.report(n2, NodeStatus::success);

    EXPECT_EQ(rows.header.status, ReleaseStatus::failed);
    EXPECT_EQ(rows.rollbacks, 1);
}

TEST_F(Trip, asks_for_a_rollback_when_the_time_is_over) {
    rows.header.policy.on_failure = OnFailure::rollback;
    rows.header.policy.release_timeout = seconds(60);
    desk.observe();
    desk.sleep();
    desk.finish_running();

    EXPECT_EQ(rows.header.status, ReleaseStatus::failed);
    EXPECT_EQ(rows.rollbacks, 1);
}

TEST_F(Trip, never_rolls_a_rollback_back) {
    rows.header.policy.on_failure = OnFailure::rollback;
    rows.header.rolls_back = ReleaseId{3};
    desk.observe();
    fail(n1);
    desk.finish_running();

    EXPECT_EQ(rows.header.status, ReleaseStatus::failed);
    EXPECT_EQ(rows.rollbacks, 0);
}

TEST_F(Trip, does_not_roll_back_what_an_operator_stopped) {
    rows.header.policy.on_failure = OnFailure::rollback;
    desk.observe();
    desk.request(Action::stop);
    fail(n1);
    desk.report(n2, NodeStatus::cancelled);

    EXPECT_EQ(rows.header.status, ReleaseStatus::cancelled);
    EXPECT_EQ(rows.rollbacks, 0);
}

TEST_F(Trip, does_not_roll_back_what_never_began) {
    rows.header.policy.on_failure = OnFailure::rollback;
    rows.header.problems = {"impossible"};
    desk.observe();

    EXPECT_EQ(rows.header.status, ReleaseStatus::failed);
    EXPECT_EQ(rows.rollbacks, 0);
}

TEST_F(Trip, does_not_roll_back_a_success) {
    rows.header.policy.on_failure = OnFailure::rollback;
    desk.observe();
    desk.finish_running();
    desk.finish_running();

    EXPECT_EQ(rows.header.status, ReleaseStatus::success);
    EXPECT_EQ(rows.rollbacks, 0);
}

TEST_F(Trip, stops_a_release_that_stands_after_a_failure) {
    rows.header.policy.on_failure = OnFailure::pause;
    desk.observe();
    fail(n1);
    fail(n2);
    EXPECT_EQ(rows.header.hold, Hold::failure);
    desk.request(Action::stop);

    EXPECT_EQ(rows.header.status, ReleaseStatus::cancelled);
    EXPECT_EQ(rows.find(n3)->status, NodeStatus::skipped);
}

TEST_F(Trip, stands_after_a_failure_over_a_takeover) {
    rows.header.policy.on_failure = OnFailure::pause;
    desk.observe();
    fail(n1);
    Desk other(rows);
    other.observe();
    EXPECT_EQ(rows.header.hold, Hold::none);  // n2 runs
    other.report(n2, NodeStatus::success);

    EXPECT_EQ(rows.header.hold, Hold::failure);
    EXPECT_EQ(rows.header.batch_status, BatchStatus::paused);
    const std::size_t said = rows.history.size();
    other.observe();
    EXPECT_EQ(rows.history.size(), said);
}

TEST_F(Trip, stays_paused_before_the_first_batch_until_an_operator_continues) {
    rows = Rows({1, 2});
    rows.header.policy.on_failure = OnFailure::pause;
    rows.find(NodeId{1})->status = NodeStatus::failed;
    desk.observe();
    EXPECT_EQ(rows.header.status, ReleaseStatus::paused);
    desk.observe();
    desk.observe();
    EXPECT_EQ(rows.header.hold, Hold::failure);
    EXPECT_EQ(rows.header.waived_failures, 0);
    EXPECT_TRUE(desk.started.empty());

    desk.request(Action::resume);
    EXPECT_EQ(rows.header.waived_failures, 1);
    EXPECT_EQ(desk.started.size(), 1U);
}

TEST_F(Trip, goes_on_past_rows_that_were_deferred_by_hand_once_an_operator_continues) {
    rows = Rows({1, 1, 2});
    rows.header.policy.on_failure = OnFailure::pause;
    rows.find(NodeId{3})->status = NodeStatus::deferred;
    desk.observe();
    EXPECT_EQ(rows.header.hold, Hold::failure);
    EXPECT_THAT(rows.header.last_error, testing::HasSubstr("1 deferred, max_unreachable is 0"));

    desk.request(Action::resume);
    EXPECT_EQ(rows.header.waived_failures, 1);
    EXPECT_EQ(rows.header.status, ReleaseStatus::running);
    desk.report(NodeId{1}, NodeStatus::failed, FailureKind::exec_failed, "no");
    EXPECT_EQ(rows.header.hold, Hold::none) << "the other node of the batch still runs";
    desk.report(NodeId{2}, NodeStatus::success);
    EXPECT_EQ(rows.header.hold, Hold::failure) << "a failure beside the waived one counts";
    desk.request(Action::resume);

    EXPECT_EQ(rows.header.status, ReleaseStatus::success);
    EXPECT_EQ(rows.header.waived_failures, 2);
}

TEST_F(Trip, holds_before_the_first_batch_when_a_row_was_failed_by_hand) {
    rows.header.policy.on_failure = OnFailure::pause;
    rows.find(n3)->status = NodeStatus::failed;
    desk.observe();
    EXPECT_EQ(rows.header.hold, Hold::failure);
    EXPECT_TRUE(desk.started.empty());
    desk.request(Action::resume);

    EXPECT_EQ(rows.header.waived_failures, 1);
    EXPECT_EQ(desk.started.size(), 2U);
    EXPECT_EQ(rows.header.status, ReleaseStatus::running);
    EXPECT_EQ(rows.header.batch_status, BatchStatus::running);
}

TEST_F(Trip, goes_on_by_itself_when_the_limit_is_raised_while_what_ran_ends) {
    rows.header.policy.on_failure = OnFailure::pause;
    desk.observe();
    fail(n1);
    rows.header.policy.limits.failure_threshold = 1;
    desk.observe();
    desk.report(n2, NodeStatus::success);

    EXPECT_EQ(rows.header.current_batch, 2);
    EXPECT_EQ(rows.header.hold, Hold::none);
}

}  // namespace
}  // namespace edgeroll::release
