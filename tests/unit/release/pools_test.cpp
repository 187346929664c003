// Which nodes may run at the same time: max_parallel and pools (docs/contract.md section 6, I9).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "release/step.hpp"
#include "tests/support/rows.hpp"

namespace edgeroll::release {
namespace {

using test::Desk;
using test::Rows;
using test::TaskRow;

struct Lanes : testing::Test {
    Rows rows{std::vector<int>(6, 1)};
    Desk desk{rows};

    void label(int node, const std::string& name, const std::string& value) {
        rows.inventory[NodeId{node}].address.labels.emplace_back(name, value);
    }
    static PoolRule per(const std::string& name, int size) {
        PoolRule rule;
        rule.label = name;
        rule.size = size;
        return rule;
    }
    [[nodiscard]] std::vector<int> running() const {
        std::vector<int> ids;
        for (const TaskRow& row : rows.nodes) {
            if (row.status == NodeStatus::running) ids.push_back(static_cast<int>(row.node.value));
        }
        return ids;
    }
    void succeed(int node) { desk.report(NodeId{node}, NodeStatus::success); }
    void TearDown() override { EXPECT_THAT(desk.violations, testing::IsEmpty()); }
};

using testing::ElementsAre;

TEST_F(Lanes, run_no_more_than_max_parallel_and_in_the_order_of_ids) {
    rows.header.policy.max_parallel = 2;
    desk.observe();
    EXPECT_THAT(running(), ElementsAre(1, 2));
    succeed(2);
    EXPECT_THAT(running(), ElementsAre(1, 3));
    succeed(1);
    EXPECT_THAT(running(), ElementsAre(3, 4));
}

TEST_F(Lanes, give_each_value_of_a_label_a_pool_of_its_own) {
    for (const int node : {1, 2, 3})
        label(node, "region", "eu");
    for (const int node : {4, 5, 6})
        label(node, "region", "us");
    rows.header.policy.pools = {per("region", 1)};
    desk.observe();
    EXPECT_THAT(running(), ElementsAre(1, 4));
    succeed(4);
    EXPECT_THAT(running(), ElementsAre(1, 5));
    succeed(5);
    succeed(6);
    EXPECT_THAT(running(), ElementsAre(1));  // free places of the other pool do not help eu
    succeed(1);
    EXPECT_THAT(running(), ElementsAre(2));
}

TEST_F(Lanes, give_named_values_their_own_size) {
    for (const int node : {1, 2, 3})
        label(node, "region", "eu");
    for (const int node : {4, 5, 6})
        label(node, "region", "us");
    PoolRule rule = per("region", 1);
    rule.sizes["us"] = 3;
    rows.header.policy.pools = {rule};
    desk.observe();

    EXPECT_THAT(running(), ElementsAre(1, 4, 5, 6));
}

TEST_F(Lanes, let_nodes_without_the_label_share_one_pool) {
    label(1, "region", "eu");
    label(2, "rack", "a");  // another label is not a region
    rows.header.policy.pools = {per("region", 2)};
    desk.observe();

    EXPECT_THAT(running(), ElementsAre(1, 2, 3));
}

TEST_F(Lanes, ask_for_room_in_every_pool_of_a_node) {
    for (const int node : {1, 2, 3})
        label(node, "region", "eu");
    for (const int node : {4, 5, 6})
        label(node, "region", "us");
    for (const int node : {1, 4})
        label(node, "provider", "x");
    for (const int node : {2, 3, 5, 6})
        label(node, "provider", "y");
    rows.header.policy.pools = {per("provider", 1), per("region", 2)};
    desk.observe();
    // 1 takes eu and x, 2 takes eu and y; then x and y are full.
    EXPECT_THAT(running(), ElementsAre(1, 2));
    succeed(1);
    EXPECT_THAT(running(), ElementsAre(2, 4));
    succeed(2);
    EXPECT_THAT(running(), ElementsAre(3, 4));
    succeed(3);
    EXPECT_THAT(running(), ElementsAre(4, 5));
}

TEST_F(Lanes, do_not_mix_pools_of_two_labels_with_the_same_value) {
    label(1, "region", "a");
    label(2, "provider", "a");
    for (const int node : {3, 4, 5, 6}) {
        label(node, "region", "b");
        label(node, "provider", "b");
    }
    rows.header.policy.pools = {per("provider", 1), per("region", 1)};
    desk.observe();

    EXPECT_THAT(running(), ElementsAre(1, 2, 3));
}

TEST_F(Lanes, keep_to_max_parallel_and_the_pools_together) {
    for (const int node : {1, 2, 3})
        label(node, "region", "eu");
    rows.header.policy.pools = {per("region", 2)};
    rows.header.policy.max_parallel = 3;
    desk.observe();
    EXPECT_THAT(running(), ElementsAre(1, 2, 4));
    succeed(4);
    EXPECT_THAT(running(), ElementsAre(1, 2, 5));
}

TEST_F(Lanes, start_more_at_once_when_a_limit_is_raised) {
    rows.header.policy.max_parallel = 1;
    desk.observe();
    rows.header.policy.max_parallel = 3;
    ++rows.header.steer_seq;
    desk.observe();
    EXPECT_THAT(running(), ElementsAre(1, 2, 3));
    rows.header.policy.max_parallel = 0;
    ++rows.header.steer_seq;
    desk.observe();
    EXPECT_THAT(running(), ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST_F(Lanes, start_nothing_until_there_is_room_again_when_a_limit_is_lowered) {
    rows.header.policy.max_parallel = 3;
    desk.observe();
    rows.header.policy.max_parallel = 1;
    desk.observe();
    EXPECT_THAT(running(), ElementsAre(1, 2, 3));
    succeed(1);
    succeed(2);
    EXPECT_THAT(running(), ElementsAre(3));
    succeed(3);
    EXPECT_THAT(running(), ElementsAre(4));
}

TEST_F(Lanes, hear_of_a_changed_limit_when_a_commit_finds_it) {
    rows.header.policy.max_parallel = 2;
    desk.observe();
    rows.header.policy.max_parallel = 1;
    ++rows.header.steer_seq;
    succeed(1);  // its commit is stale: after another read the answer is requested again
    EXPECT_THAT(running(), ElementsAre(1, 2));
    succeed(1);
    succeed(2);

    EXPECT_THAT(running(), ElementsAre(3));
}

TEST_F(Lanes, give_a_place_free_when_a_running_node_is_settled_by_hand) {
    rows.header.policy.max_parallel = 1;
    desk.observe();
    rows.find(NodeId{1})->status = NodeStatus::success;
    desk.observe();

    EXPECT_THAT(running(), ElementsAre(2));
}

TEST_F(Lanes, count_a_node_that_was_set_to_running_by_hand) {
    rows.header.policy.max_parallel = 2;
    rows.find(NodeId{6})->status = NodeStatus::running;
    desk.observe();

    EXPECT_THAT(running(), ElementsAre(1, 6));
}

TEST_F(Lanes, are_the_same_after_a_takeover) {
    for (const int node : {1, 2, 3})
        label(node, "region", "eu");
    rows.header.policy.pools = {per("region", 1)};
    desk.observe();
    EXPECT_THAT(running(), ElementsAre(1, 4));
    Desk other(rows);
    other.observe();
    EXPECT_THAT(running(), ElementsAre(1, 4));
    other.report(NodeId{1}, NodeStatus::success);

    EXPECT_THAT(running(), ElementsAre(2, 4));
}

TEST_F(Lanes, do_not_stand_still_behind_nodes_that_need_no_task) {
    rows.header.policy.max_parallel = 1;
    for (const int node : {1, 2, 3, 4})
        rows.inventory[NodeId{node}].is_enabled = false;
    desk.observe();

    EXPECT_THAT(running(), ElementsAre(5));
    EXPECT_EQ(rows.count(NodeStatus::skipped), 4);
}

TEST_F(Lanes, keep_pools_over_batches) {
    rows = Rows({1, 1, 2, 2, 2, 2});
    for (const int node : {1, 2, 3, 4, 5})
        label(node, "region", "eu");
    rows.header.policy.pools = {per("region", 2)};
    desk.observe();
    EXPECT_THAT(running(), ElementsAre(1, 2));
    succeed(1);
    EXPECT_THAT(running(), ElementsAre(2));
    succeed(2);
    EXPECT_THAT(running(), ElementsAre(3, 4, 6));
}

}  // namespace
}  // namespace edgeroll::release
