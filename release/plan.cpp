#include "release/plan.hpp"

#include <algorithm>
#include <cstdint>
#include <map>

namespace edgeroll::release {
namespace {

constexpr int small_fleet = 20;

std::string_view region_of(const FleetNode& node) {
    for (const auto& [name, value] : node.labels) {
        if (name == "region") return value;
    }
    return {};
}

// Takes one node of each region in turn, so that any prefix of the order is spread over the
// regions.
std::vector<NodeId> spread_over_regions(const std::vector<FleetNode>& fleet) {
    std::map<std::string_view, std::vector<NodeId>> regions;
    for (const FleetNode& node : fleet)
        regions[region_of(node)].push_back(node.id);
    std::vector<NodeId> order;
    order.reserve(fleet.size());
    for (std::size_t turn = 0; order.size() < fleet.size(); ++turn) {
        for (const auto& [name, nodes] : regions) {
            if (turn < nodes.size()) order.push_back(nodes[turn]);
        }
    }
    return order;
}

}  // namespace

std::vector<int> batch_ends(int total, const std::vector<BatchSize>& sizes) {
    std::vector<int> ends;
    std::int64_t counts = 0;
    std::int64_t percents = 0;
    for (std::size_t i = 0; total > 0 && (ends.empty() || ends.back() < total); ++i) {
        const BatchSize& size = sizes[std::min(i, sizes.size() - 1)];
        if (size.kind == BatchSize::Kind::rest) {
            ends.push_back(total);
            break;
        }
        (size.kind == BatchSize::Kind::count ? counts : percents) += size.amount;
        const std::int64_t share = (percents * total + 99) / 100;
        const std::int64_t least = ends.empty() ? 1 : ends.back() + 1;
        const std::int64_t end = std::min<std::int64_t>(total, std::max(least, counts + share));
        ends.push_back(static_cast<int>(end));
    }
    return ends;
}

std::vector<PlannedNode> default_plan(const std::vector<FleetNode>& fleet) {
    const bool is_small = fleet.size() <= small_fleet;
    std::vector<NodeId> order;
    std::vector<BatchSize> sizes;
    if (is_small) {
        for (const FleetNode& node : fleet)
            order.push_back(node.id);
        sizes = {{BatchSize::Kind::count, 1}, {BatchSize::Kind::rest, 0}};
    } else {
        order = spread_over_regions(fleet);
        sizes = {{BatchSize::Kind::count, 1},
                 {BatchSize::Kind::percent, 5},
                 {BatchSize::Kind::percent, 20},
                 {BatchSize::Kind::rest, 0}};
    }
    std::vector<PlannedNode> plan;
    plan.reserve(order.size());
    int batch = 1;
    for (const int end : batch_ends(static_cast<int>(order.size()), sizes)) {
        const std::size_t first = plan.size();
        while (plan.size() < static_cast<std::size_t>(end)) {
            plan.push_back({order[plan.size()], batch});
        }
        std::sort(plan.begin() + static_cast<std::ptrdiff_t>(first), plan.end(),
                  [](const PlannedNode& a, const PlannedNode& b) { return a.node < b.node; });
        ++batch;
    }
    return plan;
}

std::string canonical_text(const std::vector<PlannedNode>& plan, std::string_view content_sha256) {
    std::string text;
    for (const PlannedNode& node : plan) {
        text += std::to_string(node.batch) + ":" + std::to_string(node.node.value) + "\n";
    }
    text += content_sha256;
    return text;
}

}  // namespace edgeroll::release
