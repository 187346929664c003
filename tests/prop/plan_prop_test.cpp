// Plans over any fleet and any list of sizes: no node is lost or duplicated, batches follow the
// formula of docs/contract.md section 6, and a selector takes exactly the nodes that match it.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <set>

#include "release/plan.hpp"
#include "tests/prop/expect_holds.hpp"

namespace edgeroll::release {
namespace {

using Kind = BatchSize::Kind;

/// Valid sizes of a batch_config: percentages of at most 100 in sum, `rest` only at the end.
std::vector<BatchSize> any_sizes() {
    std::vector<BatchSize> sizes;
    int percents = 0;
    const int entries = *rc::gen::inRange(1, 8);
    for (int i = 0; i < entries; ++i) {
        const bool is_percent = *rc::gen::arbitrary<bool>();
        const int amount = *rc::gen::inRange(1, is_percent ? 101 : 400);
        if (is_percent && percents + amount > 100) continue;
        percents += is_percent ? amount : 0;
        sizes.push_back({is_percent ? Kind::percent : Kind::count, amount});
    }
    if (sizes.empty() || *rc::gen::arbitrary<bool>()) sizes.push_back({Kind::rest, 0});
    return sizes;
}

std::vector<FleetNode> any_fleet(int most) {
    std::vector<FleetNode> fleet;
    const int count = *rc::gen::inRange(1, most + 1);
    std::int64_t id = 0;
    for (int i = 0; i < count; ++i) {
        FleetNode node;
        id += *rc::gen::inRange(1, 4);
        node.id = NodeId{id};
        node.name = "edge-" + std::to_string(id);
        node.ip = "10.0.0." + std::to_string(id);
        const int region = *rc::gen::inRange(0, 8);
        if (region > 0) node.labels = {{"region", "r" + std::to_string(region)}};
        fleet.push_back(std::move(node));
    }
    return fleet;
}

std::string any_seed() {
    return std::to_string(*rc::gen::arbitrary<unsigned>());
}

// ceil(a * n / 100), computed differently from the code: the lowest integer that is enough.
std::int64_t share_of(std::int64_t percents, std::int64_t total) {
    std::int64_t share = percents * total / 100;
    while (share * 100 < percents * total)
        ++share;
    return share;
}

// Every node once, ascending by (batch, id), batches numbered from 1 without gaps.
void require_whole(const std::vector<PlannedNode>& plan, std::vector<NodeId> expected) {
    std::vector<NodeId> planned;
    int batch = 0;
    NodeId before{0};
    for (const PlannedNode& node : plan) {
        RC_ASSERT(node.batch == batch || node.batch == batch + 1);
        if (node.batch == batch) RC_ASSERT(before < node.node);
        batch = node.batch;
        before = node.node;
        planned.push_back(node.node);
    }
    std::sort(planned.begin(), planned.end());
    std::sort(expected.begin(), expected.end());
    RC_ASSERT(planned == expected);
}

std::vector<NodeId> ids_of(const std::vector<FleetNode>& fleet) {
    std::vector<NodeId> ids;
    for (const FleetNode& node : fleet)
        ids.push_back(node.id);
    return ids;
}

TEST(PlanProperty, batch_ends_follow_the_formula) {
    test::expect_holds("formula", [] {
        const int total = *rc::gen::inRange(1, 1001);
        const std::vector<BatchSize> sizes = any_sizes();
        const std::vector<int> ends = batch_ends(total, sizes);
        RC_ASSERT(!ends.empty() && ends.back() == total);
        std::int64_t counts = 0, percents = 0, before = 0;
        for (std::size_t k = 0; k < ends.size(); ++k) {
            RC_ASSERT(ends[k] > before);
            const BatchSize& size = sizes[std::min(k, sizes.size() - 1)];
            std::int64_t expected = total;
            if (size.kind != Kind::rest) {
                (size.kind == Kind::count ? counts : percents) += size.amount;
                expected = std::min<std::int64_t>(
                    total, std::max(before + 1, counts + share_of(percents, total)));
            }
            RC_ASSERT(ends[k] == expected);
            before = ends[k];
        }
    });
}

TEST(PlanProperty, no_node_is_lost_or_doubled) {
    test::expect_holds("whole", [] {
        const auto fleet = any_fleet(1000);
        Policy policy;
        policy.sizes = any_sizes();
        const auto plan = make_plan(fleet, policy, any_seed()).nodes;
        require_whole(plan, ids_of(fleet));
        // Ascending by id over all batches.
        RC_ASSERT(std::is_sorted(plan.begin(), plan.end(),
                                 [](const auto& a, const auto& b) { return a.node < b.node; }));
    });
}

TEST(PlanProperty, the_default_plan_is_whole_and_starts_with_one_node_of_each_value) {
    test::expect_holds("default", [] {
        const auto fleet = any_fleet(200);
        const auto plan = make_plan(fleet, {}, any_seed()).nodes;
        require_whole(plan, ids_of(fleet));
        const auto in_first = std::count_if(plan.begin(), plan.end(),
                                            [](const auto& node) { return node.batch == 1; });
        std::set<std::string> regions;
        for (const FleetNode& node : fleet)
            regions.insert(node.labels.empty() ? "" : node.labels.front().second);
        if (fleet.size() <= 20) {
            RC_ASSERT(in_first == 1);
            RC_ASSERT(plan.front().node == fleet.front().id);
            RC_ASSERT(plan.back().batch == (fleet.size() == 1 ? 1 : 2));
        } else {
            RC_ASSERT(in_first ==
                      static_cast<std::ptrdiff_t>(std::min<std::size_t>(5, regions.size())));
            RC_ASSERT(plan.back().batch == 4);
        }
    });
}

// Any prefix of batches has, of each region, at most one node more than of another region with
// nodes left.
TEST(PlanProperty, the_default_plan_is_spread_over_the_regions) {
    test::expect_holds("spread", [] {
        const auto fleet = any_fleet(200);
        RC_PRE(fleet.size() > 20U);
        std::map<NodeId, std::string> region_of;
        std::map<std::string, int> sizes;
        for (const FleetNode& node : fleet) {
            region_of[node.id] = node.labels.empty() ? "" : node.labels.front().second;
            ++sizes[region_of[node.id]];
        }
        const auto plan = make_plan(fleet, {}, any_seed()).nodes;
        for (int last = 1; last < 4; ++last) {
            std::map<std::string, int> taken;
            for (const auto& [region, size] : sizes)
                taken[region] = 0;
            for (const PlannedNode& node : plan) {
                if (node.batch <= last) ++taken[region_of[node.node]];
            }
            int most = 0;
            for (const auto& [region, count] : taken)
                most = std::max(most, count);
            for (const auto& [region, count] : taken)
                RC_ASSERT(count >= most - 1 || count == sizes[region]);
        }
    });
}

TEST(PlanProperty, a_selector_takes_exactly_the_nodes_that_fit) {
    test::expect_holds("selector", [] {
        const auto fleet = any_fleet(60);
        Policy policy;
        std::set<std::string> regions;
        for (int i = *rc::gen::inRange(1, 3); i > 0; --i)
            regions.insert("r" + std::to_string(*rc::gen::inRange(1, 5)));
        policy.selector.labels = {{"region", {regions.begin(), regions.end()}}};
        std::vector<NodeId> expected;
        for (const FleetNode& node : fleet) {
            if (!node.labels.empty() && regions.count(node.labels.front().second) != 0) {
                expected.push_back(node.id);
            }
        }
        require_whole(make_plan(fleet, policy, any_seed()).nodes, expected);
    });
}

TEST(PlanProperty, every_entry_of_a_list_is_a_node_left_out_or_unmatched) {
    test::expect_holds("list", [] {
        const auto all = any_fleet(60);
        std::vector<FleetNode> fleet;
        std::vector<UnfitNode> unfit;
        Policy policy;
        std::set<NodeId> wanted;
        for (const FleetNode& node : all) {
            if (*rc::gen::arbitrary<bool>()) {
                fleet.push_back(node);
            } else {
                unfit.push_back({node, "offline"});
            }
            const int choice = *rc::gen::inRange(0, 4);
            if (choice == 1 || choice == 3) policy.selector.nodes.push_back(node.name);
            if (choice == 2 || choice == 3) policy.selector.nodes.push_back(node.ip);
            if (choice != 0) wanted.insert(node.id);
        }
        policy.selector.nodes.emplace_back("nobody");
        Plan plan = make_plan(fleet, policy, any_seed());
        name_left_out(plan, unfit, policy.selector);
        RC_ASSERT(plan.unmatched == std::vector<std::string>{"nobody"});
        std::vector<NodeId> met;
        for (const PlannedNode& node : plan.nodes)
            met.push_back(node.node);
        for (const LeftOut& node : plan.left_out)
            met.push_back(node.node);
        std::sort(met.begin(), met.end());
        RC_ASSERT(met == std::vector<NodeId>(wanted.begin(), wanted.end()));
    });
}

}  // namespace
}  // namespace edgeroll::release
