#include "release/plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace edgeroll::release {
namespace {

using testing::ElementsAre;

const std::vector<BatchSize> large{{BatchSize::Kind::count, 1},
                                   {BatchSize::Kind::percent, 5},
                                   {BatchSize::Kind::percent, 20},
                                   {BatchSize::Kind::rest, 0}};

std::vector<FleetNode> fleet_of(int count, int regions = 0) {
    std::vector<FleetNode> fleet;
    for (int i = 1; i <= count; ++i) {
        FleetNode node;
        node.id = NodeId{i};
        if (regions > 0) node.labels = {{"region", "r" + std::to_string(i % regions)}};
        fleet.push_back(node);
    }
    return fleet;
}

TEST(BatchEnds, follow_the_formula_of_the_contract) {
    EXPECT_THAT(batch_ends(100, large), ElementsAre(1, 6, 26, 100));
    EXPECT_THAT(batch_ends(21, large), ElementsAre(1, 3, 7, 21));
    EXPECT_THAT(batch_ends(3, large), ElementsAre(1, 2, 3));
    EXPECT_THAT(batch_ends(7, {{BatchSize::Kind::count, 3}}), ElementsAre(3, 6, 7));
    EXPECT_THAT(batch_ends(10, {{BatchSize::Kind::percent, 10},
                                {BatchSize::Kind::percent, 20},
                                {BatchSize::Kind::percent, 30},
                                {BatchSize::Kind::percent, 40}}),
                ElementsAre(1, 3, 6, 10));
}

TEST(BatchEnds, never_lose_or_double_a_node) {
    for (int total = 1; total <= 1000; ++total) {
        const std::vector<int> ends = batch_ends(total, large);
        int before = 0;
        for (const int end : ends) {
            ASSERT_GT(end, before) << total;
            before = end;
        }
        ASSERT_EQ(before, total);
    }
}

TEST(DefaultPlan, sends_the_first_node_ahead_in_a_small_fleet) {
    const auto plan = default_plan(fleet_of(3));

    ASSERT_EQ(plan.size(), 3U);
    EXPECT_EQ(plan[0].node, NodeId{1});
    EXPECT_EQ(plan[0].batch, 1);
    EXPECT_EQ(plan[1].batch, 2);
    EXPECT_EQ(plan[2].batch, 2);
}

TEST(DefaultPlan, is_one_batch_for_one_node_and_empty_for_none) {
    EXPECT_EQ(default_plan(fleet_of(1)).back().batch, 1);
    EXPECT_TRUE(default_plan({}).empty());
}

TEST(DefaultPlan, spreads_batches_over_regions_in_a_large_fleet) {
    const auto plan = default_plan(fleet_of(100, 5));

    std::set<std::int64_t> regions_of_second;
    std::set<NodeId> seen;
    for (const PlannedNode& node : plan) {
        seen.insert(node.node);
        if (node.batch == 2) regions_of_second.insert(node.node.value % 5);
    }
    EXPECT_EQ(seen.size(), 100U);
    EXPECT_EQ(regions_of_second.size(), 5U);
    EXPECT_EQ(plan.back().batch, 4);
}

TEST(CanonicalText, differs_with_the_plan_and_the_content) {
    const auto plan = default_plan(fleet_of(3));
    EXPECT_EQ(canonical_text(plan, "c"), "1:1\n2:2\n2:3\nc");
    EXPECT_NE(canonical_text(plan, "d"), canonical_text(plan, "c"));
}

}  // namespace
}  // namespace edgeroll::release
