// Before each batch the header and its rows are read, and all rows only when those are not enough.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "release/step.hpp"
#include "tests/support/rows.hpp"

namespace edgeroll::release {
namespace {

using test::Desk;
using test::n1, test::n2, test::n3, test::late_node;
using test::Rows;
using test::TaskRow;

struct BatchReadings : testing::Test {
    Rows rows{{1, 2, 3}};
    Desk desk{rows};

    void SetUp() override {
        desk.observe();
        ASSERT_EQ(desk.full_readings, 1);
    }
    void TearDown() override { EXPECT_THAT(desk.violations, testing::IsEmpty()); }
};

TEST(BatchReading, is_all_that_many_batches_need) {
    std::vector<int> batches;
    for (int i = 1; i <= 500; ++i)
        batches.push_back(i);
    Rows rows(batches);
    Desk desk(rows);
    desk.observe();
    for (int i = 1; i <= 500; ++i)
        desk.report(NodeId{i}, NodeStatus::success);

    EXPECT_EQ(rows.header.status, ReleaseStatus::success);
    EXPECT_EQ(desk.full_readings, 1);
    EXPECT_EQ(desk.part_readings, 499);
    EXPECT_THAT(desk.violations, testing::IsEmpty());
}

TEST_F(BatchReadings, see_what_the_inventory_says_now) {
    rows.inventory[n2].is_in_maintenance = true;
    rows.inventory[n3].address.ip = "127.0.0.33";
    desk.report(n1, NodeStatus::success);

    EXPECT_EQ(rows.find(n2)->status, NodeStatus::skipped);
    EXPECT_EQ(rows.find(n3)->status, NodeStatus::running);
    EXPECT_EQ(desk.started.back().address.ip, "127.0.0.33");
    EXPECT_EQ(desk.full_readings, 1);
}

TEST_F(BatchReadings, see_a_failure_that_was_written_elsewhere) {
    rows.find(n3)->status = NodeStatus::failed;
    desk.report(n1, NodeStatus::success);

    EXPECT_EQ(rows.find(n2)->status, NodeStatus::skipped);
    EXPECT_EQ(rows.header.status, ReleaseStatus::failed);
    EXPECT_EQ(desk.full_readings, 2);
}

TEST_F(BatchReadings, see_a_row_that_was_set_back) {
    desk.report(n1, NodeStatus::success);
    rows.find(n1)->status = NodeStatus::pending;
    rows.inventory[n1].applied_version.reset();
    rows.inventory[n1].observed = {};
    desk.report(n2, NodeStatus::success);

    EXPECT_EQ(rows.find(n1)->status, NodeStatus::running);
    EXPECT_EQ(rows.find(n3)->status, NodeStatus::pending);
}

TEST_F(BatchReadings, see_rows_that_came_or_went) {
    rows.add_late(late_node, 2);
    desk.report(n1, NodeStatus::success);
    EXPECT_EQ(rows.find(late_node)->status, NodeStatus::skipped);
    EXPECT_EQ(rows.find(n2)->status, NodeStatus::running);

    std::erase_if(rows.nodes, [](const TaskRow& row) { return row.node == n3; });
    desk.report(n2, NodeStatus::success);
    EXPECT_EQ(rows.header.status, ReleaseStatus::success);
}

TEST_F(BatchReadings, see_other_limits) {
    rows.header.policy.bake = std::chrono::seconds(10);
    ++rows.header.steer_seq;
    desk.observe();
    desk.report(n1, NodeStatus::success);
    EXPECT_EQ(rows.header.hold, Hold::bake);
}

TEST_F(BatchReadings, obey_a_status_that_was_written_meanwhile) {
    Observed observed;
    observed.snapshot = rows.read(2);
    observed.snapshot.status = ReleaseStatus::paused;
    rows.header.status = ReleaseStatus::paused;
    desk.give(Event{observed});

    EXPECT_EQ(desk.full_readings, 2);
    EXPECT_EQ(rows.header.hold, Hold::review);
}

TEST_F(BatchReadings, see_a_content_that_was_changed) {
    rows.header.content.sha256 = std::string(64, 'b');
    desk.report(n1, NodeStatus::success);

    EXPECT_EQ(rows.header.status, ReleaseStatus::failed);
    EXPECT_EQ(rows.find(n2)->status, NodeStatus::skipped);
}

}  // namespace
}  // namespace edgeroll::release
