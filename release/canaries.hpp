// Which nodes go first, and how a plan is spread over the fleet (docs/contract.md 6.1).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "release/model.hpp"

namespace edgeroll::release {

struct CanaryRule {
    std::string_view label;
    std::size_t values_max = 0;  ///< of the label, those with the most nodes; 0: all
    /// The content's digest: another content has other canaries, and a preview is the plan.
    std::string_view seed;
};

/// One node for each value of the label, the one with the lowest SHA-256 of seed and id. Nodes
/// without the label share one more value. Ascending by id. @param fleet ascending by id
[[nodiscard]] std::vector<NodeId> canaries(const std::vector<FleetNode>& fleet,
                                           const CanaryRule& rule);

/// All nodes: first the canaries, then one node of each value in turn, so that every prefix covers
/// the values evenly. @param canaries of this fleet and label, ascending
[[nodiscard]] std::vector<NodeId> spread_over(const std::vector<FleetNode>& fleet,
                                              std::string_view label,
                                              const std::vector<NodeId>& canaries);

}  // namespace edgeroll::release
