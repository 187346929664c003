#include "release/plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

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

std::vector<PlannedNode> plan_of(const std::vector<FleetNode>& fleet, const Policy& policy = {},
                                 const std::string& seed = "c") {
    return make_plan(fleet, policy, seed).nodes;
}

std::vector<std::int64_t> first_batch(const std::vector<PlannedNode>& plan) {
    std::vector<std::int64_t> ids;
    for (const PlannedNode& node : plan) {
        if (node.batch == 1) ids.push_back(node.node.value);
    }
    return ids;
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
    const auto plan = plan_of(fleet_of(3));

    ASSERT_EQ(plan.size(), 3U);
    EXPECT_EQ(plan[0].node, NodeId{1});
    EXPECT_EQ(plan[0].batch, 1);
    EXPECT_EQ(plan[1].batch, 2);
    EXPECT_EQ(plan[2].batch, 2);
}

TEST(DefaultPlan, is_one_batch_for_one_node_and_empty_for_none) {
    EXPECT_EQ(plan_of(fleet_of(1)).back().batch, 1);
    EXPECT_TRUE(plan_of({}).empty());
}

TEST(DefaultPlan, spreads_batches_over_regions_in_a_large_fleet) {
    const auto plan = plan_of(fleet_of(100, 5));

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

TEST(DefaultPlan, has_a_canary_in_each_of_the_five_largest_values) {
    std::vector<FleetNode> fleet = fleet_of(60, 6);
    for (std::size_t i = 54; i < 60; ++i)
        fleet[i].labels = {{"region", "r0"}};
    // r0 has 16 nodes and the others 9 each: one of r1 to r5 is too many, the last by name.
    const std::vector<std::int64_t> canaries = first_batch(plan_of(fleet));
    std::set<std::string> regions;
    for (const std::int64_t id : canaries)
        regions.insert(fleet.at(static_cast<std::size_t>(id - 1)).labels.front().second);
    EXPECT_THAT(regions, ElementsAre("r0", "r1", "r2", "r3", "r4"));
    EXPECT_EQ(canaries.size(), 5U);
    EXPECT_EQ(plan_of(fleet).back().batch, 4);
}

TEST(DefaultPlan, draws_other_canaries_for_another_content_and_the_same_for_the_same) {
    const std::vector<FleetNode> fleet = fleet_of(100, 2);
    std::set<std::vector<std::int64_t>> drawn;
    for (const char* content : {"a", "b", "c", "d"}) {
        drawn.insert(first_batch(plan_of(fleet, {}, content)));
        EXPECT_EQ(plan_of(fleet, {}, content), plan_of(fleet, {}, content));
    }
    EXPECT_EQ(drawn.size(), 4U);
    // Another node at the end does not move a canary, unless it is drawn.
    EXPECT_EQ(first_batch(plan_of(fleet_of(100, 2), {}, "a")),
              first_batch(plan_of(fleet_of(101, 2), {}, "a")));
}

TEST(DefaultPlan, has_one_canary_where_nobody_has_the_label) {
    Policy policy;
    policy.canary_by = "zone";
    EXPECT_EQ(first_batch(plan_of(fleet_of(100, 5), policy)).size(), 1U);
}

TEST(MakePlan, names_a_label_that_no_node_has) {
    Policy policy;
    EXPECT_EQ(make_plan(fleet_of(30), policy, "c").absent_label, "") << "nobody has named it";
    policy.canary_by = "zone";
    EXPECT_EQ(make_plan(fleet_of(20, 2), policy, "c").absent_label, "") << "not used";
    EXPECT_EQ(make_plan(fleet_of(30, 2), policy, "c").absent_label, "zone");
    policy = {};
    policy.sizes = {{BatchSize::Kind::one_per_value, 0, "rack"}, {BatchSize::Kind::rest, 0}};
    EXPECT_EQ(make_plan(fleet_of(3, 2), policy, "c").absent_label, "rack");
    policy.sizes.front().label = "region";
    EXPECT_EQ(make_plan(fleet_of(3, 2), policy, "c").absent_label, "");
}

TEST(MakePlan, sends_one_node_of_each_value_first) {
    Policy policy;
    policy.sizes = {{BatchSize::Kind::one_per_value, 0, "region"},
                    {BatchSize::Kind::count, 2},
                    {BatchSize::Kind::rest, 0}};
    const auto plan = plan_of(fleet_of(14, 7), policy);
    EXPECT_EQ(first_batch(plan).size(), 7U) << "of all values";
    EXPECT_EQ(std::count_if(plan.begin(), plan.end(),
                            [](const PlannedNode& node) { return node.batch == 2; }),
              2);
    EXPECT_EQ(plan.size(), 14U);
    EXPECT_EQ(plan.back().batch, 3);
}

std::vector<FleetNode> named_fleet() {
    std::vector<FleetNode> fleet = fleet_of(4);
    for (FleetNode& node : fleet) {
        const std::string number = std::to_string(node.id.value);
        node.name = "edge-" + number;
        node.ip = "10.0.0." + number;
        node.labels = {{"app", "cdn"}, {"region", node.id.value <= 2 ? "eu" : "us"}};
    }
    return fleet;
}

std::vector<std::int64_t> ids_of(const Plan& plan) {
    std::vector<std::int64_t> ids;
    for (const PlannedNode& node : plan.nodes)
        ids.push_back(node.node.value);
    return ids;
}

Policy one_batch() {
    Policy policy;
    policy.sizes = {{BatchSize::Kind::rest, 0}};
    return policy;
}

TEST(MakePlan, takes_nodes_that_have_every_label) {
    Policy policy = one_batch();
    policy.selector.labels = {{"app", {"cdn", "dns"}}, {"region", {"us"}}};
    EXPECT_THAT(ids_of(make_plan(named_fleet(), policy, "c")), ElementsAre(3, 4));
    policy.selector.labels = {{"app", {"cdn"}}, {"zone", {""}}};
    EXPECT_TRUE(make_plan(named_fleet(), policy, "c").nodes.empty()) << "no such label";
}

TEST(MakePlan, takes_a_list_of_names_and_addresses_in_the_order_of_ids) {
    Policy policy = one_batch();
    policy.selector.nodes = {"edge-3", "10.0.0.1", "edge-1", "edge-9"};
    policy.selector.labels = {{"region", {"nowhere"}}};
    const Plan plan = make_plan(named_fleet(), policy, "c");
    EXPECT_THAT(ids_of(plan), ElementsAre(1, 3)) << "the list wins, and nobody is taken twice";
    EXPECT_THAT(plan.unmatched, ElementsAre("edge-9"));
}

TEST(MakePlan, keeps_the_order_of_ids_where_sizes_are_given) {
    Policy policy;
    policy.sizes = {{BatchSize::Kind::count, 10}};
    const auto plan = make_plan(fleet_of(30, 5), policy, "c").nodes;
    for (std::size_t i = 0; i < plan.size(); ++i) {
        EXPECT_EQ(plan[i].node.value, static_cast<std::int64_t>(i + 1));
        EXPECT_EQ(plan[i].batch, static_cast<int>(i / 10 + 1));
    }
}

TEST(LeftOut, names_those_that_the_selector_would_take) {
    std::vector<FleetNode> fleet = named_fleet();
    const std::vector<UnfitNode> unfit{{fleet[1], "offline"}, {fleet[3], "disabled"}};
    fleet = {fleet[0], fleet[2]};
    Policy policy = one_batch();
    Plan all = make_plan(fleet, policy, "c");
    name_left_out(all, unfit, policy.selector);
    EXPECT_THAT(all.left_out, ElementsAre(LeftOut{NodeId{2}, "edge-2", "offline"},
                                          LeftOut{NodeId{4}, "edge-4", "disabled"}));
    policy.selector.labels = {{"region", {"eu"}}};
    Plan labelled = make_plan(fleet, policy, "c");
    name_left_out(labelled, unfit, policy.selector);
    EXPECT_THAT(labelled.left_out, ElementsAre(LeftOut{NodeId{2}, "edge-2", "offline"}));
    policy.selector.nodes = {"edge-1", "10.0.0.4", "edge-9"};
    Plan listed = make_plan(fleet, policy, "c");
    EXPECT_THAT(listed.unmatched, ElementsAre("10.0.0.4", "edge-9"));
    name_left_out(listed, unfit, policy.selector);
    EXPECT_THAT(listed.left_out, ElementsAre(LeftOut{NodeId{4}, "edge-4", "disabled"}));
    EXPECT_THAT(listed.unmatched, ElementsAre("edge-9")) << "the offline one is no slip";
}

TEST(CanonicalText, differs_with_the_plan_and_the_content) {
    const auto plan = plan_of(fleet_of(3));
    EXPECT_EQ(canonical_text(plan, "c"), "1:1\n2:2\n2:3\nc");
    EXPECT_NE(canonical_text(plan, "d"), canonical_text(plan, "c"));
}

}  // namespace
}  // namespace edgeroll::release
