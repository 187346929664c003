// A half-inserted release is given up by the core, with a normal end (docs/contract.md 3.8).
#include "release/missing_rows.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/rows.hpp"

namespace edgeroll::release {
namespace {

using test::Desk;
using test::n1;
using test::Rows;

struct MissingRows : testing::Test {
    Rows rows{{1, 2}};
    Desk desk{rows};

    MissingRows() {
        rows.header.total_nodes = 3;
        rows.header.rows_unchanged_for = row_patience;
    }
    void expect_waiting() {
        EXPECT_TRUE(desk.is_let_go);
        EXPECT_EQ(rows.header.status, ReleaseStatus::pending);
        EXPECT_EQ(rows.count(NodeStatus::pending), 2);
    }
};

TEST_F(MissingRows, end_the_release_once_nothing_has_come_for_a_minute) {
    rows.header.blockers = {Version{41}};
    rows.header.problems = {"something else is wrong as well"};
    desk.observe();
    EXPECT_EQ(rows.header.status, ReleaseStatus::failed);
    EXPECT_EQ(rows.header.batch_status, BatchStatus::stopped);
    EXPECT_TRUE(rows.last.release.is_finished);
    EXPECT_EQ(rows.header.last_error,
              "gave up waiting for node rows: 2 of 3 are there, and none was added for 60 s");
    EXPECT_EQ(rows.find(n1)->status, NodeStatus::skipped);
    EXPECT_EQ(rows.find(n1)->reason, ReasonKind::release_failed);
    EXPECT_EQ(rows.find(n1)->error, "not dispatched: " + rows.header.last_error);
    EXPECT_EQ(rows.last.expected_rows, 2);
    EXPECT_THAT(desk.violations, testing::IsEmpty());
}

TEST_F(MissingRows, are_waited_for_before_that) {
    rows.header.rows_unchanged_for = row_patience - Millis{1};
    desk.observe();
    expect_waiting();
}

TEST_F(MissingRows, are_waited_for_where_nobody_noted_their_number) {
    rows.header.rows_unchanged_for.reset();
    desk.observe();
    expect_waiting();
}

TEST_F(MissingRows, end_no_release_that_is_paused) {
    rows.header.status = ReleaseStatus::paused;
    desk.observe();
    EXPECT_EQ(rows.header.status, ReleaseStatus::paused);
    EXPECT_EQ(rows.count(NodeStatus::pending), 2);
}

TEST_F(MissingRows, end_no_release_that_is_complete) {
    rows.header.total_nodes = 2;
    desk.observe();
    EXPECT_EQ(rows.header.status, ReleaseStatus::running);
}

TEST_F(MissingRows, are_not_planned_over) {
    rows.nodes.clear();
    rows.header.has_batch_config = true;
    rows.header.rows_unchanged_for.reset();
    desk.observe();
    EXPECT_TRUE(desk.is_let_go);
    EXPECT_TRUE(rows.nodes.empty());
}

}  // namespace
}  // namespace edgeroll::release
