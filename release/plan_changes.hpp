// What became of a plan between a preview and now.
#pragma once

#include <vector>

#include "release/commit.hpp"
#include "release/ids.hpp"

namespace edgeroll::release {

/// A node of both plans that changes its batch.
struct BatchMove {
    NodeId node;
    int from = 1;
    int to = 1;
    friend bool operator==(const BatchMove&, const BatchMove&) = default;
};

struct PlanChanges {
    std::vector<PlannedNode> joined;  ///< only in the later plan, in its order
    std::vector<PlannedNode> gone;    ///< only in the earlier plan, in its order
    std::vector<BatchMove> moved;     ///< in the order of the later plan
    friend bool operator==(const PlanChanges&, const PlanChanges&) = default;
};

/// Costs n log n. Whose content a node gets (config_version) is no difference, nor is the order of
/// the rows. @param before, now a node stands in each of them once at most
[[nodiscard]] PlanChanges plan_changes(const std::vector<PlannedNode>& before,
                                       const std::vector<PlannedNode>& now);

}  // namespace edgeroll::release
