#include "release/plan_changes.hpp"

#include <algorithm>
#include <utility>

namespace edgeroll::release {
namespace {

using Places = std::vector<std::pair<NodeId, int>>;

Places by_node(const std::vector<PlannedNode>& plan) {
    Places places;
    places.reserve(plan.size());
    for (const PlannedNode& node : plan)
        places.emplace_back(node.node, node.batch);
    std::sort(places.begin(), places.end());
    return places;
}

/// 0: the plan does not have the node.
int batch_of(const Places& places, NodeId node) {
    const auto found = std::lower_bound(places.begin(), places.end(), std::pair{node, 0});
    return found != places.end() && found->first == node ? found->second : 0;
}

}  // namespace

PlanChanges plan_changes(const std::vector<PlannedNode>& before,
                         const std::vector<PlannedNode>& now) {
    PlanChanges changes;
    const Places earlier = by_node(before);
    const Places later = by_node(now);
    for (const PlannedNode& node : now) {
        const int from = batch_of(earlier, node.node);
        if (from == 0) {
            changes.joined.push_back(node);
        } else if (from != node.batch) {
            changes.moved.push_back({node.node, from, node.batch});
        }
    }
    for (const PlannedNode& node : before) {
        if (batch_of(later, node.node) == 0) changes.gone.push_back(node);
    }
    return changes;
}

}  // namespace edgeroll::release
