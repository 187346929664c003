// The differences between a previewed plan and the plan now.
#pragma once

#include <vector>

#include "release/commit.hpp"
#include "release/ids.hpp"

namespace edgeroll::release {

/// A node of both plans whose batch differs.
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

/// O(n log n). A node's content (config_version) and the order of the rows are ignored. @param
/// before, now each node occurs at most once in each
[[nodiscard]] PlanChanges plan_changes(const std::vector<PlannedNode>& before,
                                       const std::vector<PlannedNode>& now);

}  // namespace edgeroll::release
