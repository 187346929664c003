#include "release/canaries.hpp"

#include <algorithm>
#include <map>

#include "release/crypto/sha256.hpp"

namespace edgeroll::release {
namespace {

/// The nodes of each value, ascending by id.
using Strata = std::map<std::string_view, std::vector<NodeId>>;

std::string_view value_of(const FleetNode& node, std::string_view label) {
    for (const auto& [name, value] : node.labels) {
        if (name == label) return value;
    }
    return {};
}

Strata strata_of(const std::vector<FleetNode>& fleet, std::string_view label) {
    Strata strata;
    for (const FleetNode& node : fleet)
        strata[value_of(node, label)].push_back(node.id);
    return strata;
}

NodeId drawn_from(const std::vector<NodeId>& nodes, std::string_view seed) {
    const auto lot = [&](NodeId id) {
        return sha256_hex(std::string(seed) + ":" + std::to_string(id.value));
    };
    NodeId lowest = nodes.front();
    std::string lowest_lot = lot(lowest);
    for (const NodeId id : nodes) {
        std::string other = lot(id);
        if (other >= lowest_lot) continue;
        lowest = id;
        lowest_lot = std::move(other);
    }
    return lowest;
}

}  // namespace

std::vector<NodeId> canaries(const std::vector<FleetNode>& fleet, const CanaryRule& rule) {
    const Strata strata = strata_of(fleet, rule.label);
    std::vector<const std::vector<NodeId>*> largest;
    largest.reserve(strata.size());
    for (const auto& [value, nodes] : strata)
        largest.push_back(&nodes);
    // Stable: of two values with as many nodes the first by name.
    std::stable_sort(largest.begin(), largest.end(),
                     [](const auto* a, const auto* b) { return a->size() > b->size(); });
    if (rule.values_max > 0 && largest.size() > rule.values_max) largest.resize(rule.values_max);
    std::vector<NodeId> drawn;
    drawn.reserve(largest.size());
    for (const auto* nodes : largest)
        drawn.push_back(drawn_from(*nodes, rule.seed));
    std::sort(drawn.begin(), drawn.end());
    return drawn;
}

std::vector<NodeId> spread_over(const std::vector<FleetNode>& fleet, std::string_view label,
                                const std::vector<NodeId>& canaries) {
    const auto is_canary = [&](NodeId id) {
        return std::binary_search(canaries.begin(), canaries.end(), id);
    };
    Strata strata = strata_of(fleet, label);
    std::vector<NodeId> order = canaries;
    order.reserve(fleet.size());
    // A value's canary is its turn 0.
    std::size_t turns = 0;
    for (auto& [value, nodes] : strata) {
        std::stable_partition(nodes.begin(), nodes.end(), is_canary);
        turns = std::max(turns, nodes.size());
    }
    for (std::size_t turn = 0; turn < turns; ++turn) {
        for (const auto& [value, nodes] : strata) {
            if (turn < nodes.size() && !is_canary(nodes[turn])) order.push_back(nodes[turn]);
        }
    }
    return order;
}

}  // namespace edgeroll::release
