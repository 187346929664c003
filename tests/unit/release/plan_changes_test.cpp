#include "release/plan_changes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "release/plan.hpp"

namespace edgeroll::release {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

PlannedNode at(std::int64_t node, int batch) {
    return {NodeId{node}, batch};
}

TEST(PlanChanges, are_none_between_equal_plans) {
    const std::vector<PlannedNode> plan{at(1, 1), at(2, 2), at(3, 2)};
    EXPECT_EQ(plan_changes(plan, plan), PlanChanges{});
    EXPECT_EQ(plan_changes({}, {}), PlanChanges{});
    std::vector<PlannedNode> other_content = plan;
    other_content[0].config_version = Version{4};
    EXPECT_EQ(plan_changes(plan, other_content), PlanChanges{});
}

TEST(PlanChanges, name_who_joined_who_is_gone_and_who_moved) {
    const std::vector<PlannedNode> before{at(5, 1), at(2, 2), at(3, 2), at(4, 3)};
    const std::vector<PlannedNode> now{at(2, 1), at(7, 1), at(3, 2), at(1, 3), at(4, 4)};
    const PlanChanges changes = plan_changes(before, now);
    EXPECT_THAT(changes.joined, ElementsAre(at(7, 1), at(1, 3)));
    EXPECT_THAT(changes.gone, ElementsAre(at(5, 1)));
    EXPECT_THAT(changes.moved, ElementsAre(BatchMove{NodeId{2}, 2, 1}, BatchMove{NodeId{4}, 3, 4}));
}

TEST(PlanChanges, take_everything_as_joined_or_gone_when_the_other_plan_is_empty) {
    const std::vector<PlannedNode> plan{at(1, 1), at(2, 2)};
    EXPECT_EQ(plan_changes({}, plan).joined, plan);
    EXPECT_EQ(plan_changes(plan, {}).gone, plan);
    EXPECT_THAT(plan_changes(plan, {}).joined, IsEmpty());
}

// A plan over regions does not follow the ids, and removing a node moves the ends of batches.
TEST(PlanChanges, add_up_to_the_later_plan) {
    std::vector<FleetNode> fleet;
    for (int i = 1; i <= 100; ++i) {
        FleetNode node;
        node.id = NodeId{i};
        node.labels = {{"region", "r" + std::to_string(i % 3)}};
        fleet.push_back(node);
    }
    const auto before = make_plan(fleet, {}, "content").nodes;
    fleet.erase(fleet.begin() + 30);
    fleet.erase(fleet.begin());
    const auto now = make_plan(fleet, {}, "content").nodes;
    const PlanChanges changes = plan_changes(before, now);
    EXPECT_THAT(changes.gone, SizeIs(2));
    EXPECT_THAT(changes.joined, IsEmpty());
    EXPECT_THAT(changes.moved, testing::Not(IsEmpty()));
    std::vector<PlannedNode> rebuilt;
    for (PlannedNode node : before) {
        if (std::find(changes.gone.begin(), changes.gone.end(), node) != changes.gone.end())
            continue;
        for (const BatchMove& move : changes.moved) {
            if (move.node != node.node) continue;
            EXPECT_EQ(move.from, node.batch);
            node.batch = move.to;
        }
        rebuilt.push_back(node);
    }
    EXPECT_THAT(rebuilt, testing::UnorderedElementsAreArray(now));
}

}  // namespace
}  // namespace edgeroll::release
