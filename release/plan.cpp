#include "release/plan.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>

#include "release/canaries.hpp"

namespace edgeroll::release {
namespace {

constexpr std::size_t small_fleet = 20;
constexpr std::size_t default_canaries_max = 5;

bool has_label(const FleetNode& node, const std::string& name,
               const std::vector<std::string>& values) {
    return std::any_of(node.labels.begin(), node.labels.end(), [&](const auto& label) {
        return label.first == name &&
               std::find(values.begin(), values.end(), label.second) != values.end();
    });
}

}  // namespace

bool has_labels(const FleetNode& node, const Selector& selector) {
    return std::all_of(selector.labels.begin(), selector.labels.end(), [&](const auto& label) {
        return has_label(node, label.first, label.second);
    });
}

namespace {

// Decides node by node, and remembers which entries of the list matched.
class Choice {
  public:
    explicit Choice(const Selector& selector) : selector_(selector) {
        for (const std::string& entry : selector.nodes)
            is_met_.emplace(entry, false);
    }

    // Matches the list of names and addresses, else the labels; the list wins.
    bool takes(const FleetNode& node) {
        if (selector_.nodes.empty()) return has_labels(node, selector_);
        const bool by_name = meet(node.name);
        const bool by_ip = meet(node.ip);
        return by_name || by_ip;
    }
    [[nodiscard]] std::vector<std::string> unmatched() const {
        std::vector<std::string> entries;
        for (const auto& [entry, is_met] : is_met_) {
            if (!is_met) entries.emplace_back(entry);
        }
        return entries;
    }

  private:
    bool meet(const std::string& entry) {
        const auto found = is_met_.find(entry);
        if (found == is_met_.end()) return false;
        found->second = true;
        return true;
    }

    const Selector& selector_;
    std::map<std::string_view, bool> is_met_;
};

std::vector<FleetNode> select(const std::vector<FleetNode>& fleet, const Selector& selector,
                              std::vector<std::string>& unmatched) {
    Choice choice(selector);
    std::vector<FleetNode> chosen;
    std::copy_if(fleet.begin(), fleet.end(), std::back_inserter(chosen),
                 [&](const FleetNode& node) { return choice.takes(node); });
    unmatched = choice.unmatched();
    return chosen;
}

/// Nodes in the order in which batches of these sizes take them.
struct Sequence {
    std::vector<NodeId> nodes;
    std::vector<BatchSize> sizes;
    std::string label{};  ///< that the policy names for it
};

bool is_known_label(const std::vector<FleetNode>& fleet, const std::string& label) {
    return std::any_of(fleet.begin(), fleet.end(), [&](const FleetNode& node) {
        return std::any_of(node.labels.begin(), node.labels.end(),
                           [&](const auto& one) { return one.first == label; });
    });
}

BatchSize count_of(const std::vector<NodeId>& nodes) {
    return {BatchSize::Kind::count, static_cast<int>(nodes.size())};
}

Sequence default_sequence(const std::vector<FleetNode>& fleet, const Policy& policy,
                          std::string_view seed) {
    const std::vector<NodeId> first =
        canaries(fleet, {policy.canary_by, default_canaries_max, seed});
    return {spread_over(fleet, policy.canary_by, first),
            {count_of(first),
             {BatchSize::Kind::percent, 5},
             {BatchSize::Kind::percent, 20},
             {BatchSize::Kind::rest, 0}},
            policy.canary_by == default_canary_label ? "" : policy.canary_by};
}

Sequence sequence_of(const std::vector<FleetNode>& fleet, const Policy& policy,
                     std::string_view seed) {
    if (policy.sizes.empty() && fleet.size() > small_fleet) {
        return default_sequence(fleet, policy, seed);
    }
    Sequence sequence{{}, policy.sizes};
    sequence.nodes.reserve(fleet.size());
    for (const FleetNode& node : fleet)
        sequence.nodes.push_back(node.id);
    if (sequence.sizes.empty()) {
        sequence.sizes = {{BatchSize::Kind::count, 1}, {BatchSize::Kind::rest, 0}};
    }
    BatchSize& size = sequence.sizes.front();
    if (size.kind == BatchSize::Kind::one_per_value) {
        const std::vector<NodeId> first = canaries(fleet, {size.label, 0, seed});
        sequence.label = size.label;
        size = count_of(first);
        std::stable_partition(sequence.nodes.begin(), sequence.nodes.end(), [&](NodeId id) {
            return std::binary_search(first.begin(), first.end(), id);
        });
    }
    return sequence;
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

Plan make_plan(const std::vector<FleetNode>& fleet, const Policy& policy, std::string_view seed) {
    Plan plan;
    const std::vector<FleetNode> chosen = select(fleet, policy.selector, plan.unmatched);
    if (chosen.empty()) return plan;
    const Sequence ordered = sequence_of(chosen, policy, seed);
    const std::vector<NodeId>& order = ordered.nodes;
    if (!ordered.label.empty() && !is_known_label(chosen, ordered.label)) {
        plan.absent_label = ordered.label;
    }
    plan.nodes.reserve(order.size());
    int batch = 1;
    for (const int end : batch_ends(static_cast<int>(order.size()), ordered.sizes)) {
        const std::size_t first = plan.nodes.size();
        while (plan.nodes.size() < static_cast<std::size_t>(end)) {
            PlannedNode planned;
            planned.node = order[plan.nodes.size()];
            planned.batch = batch;
            plan.nodes.push_back(planned);
        }
        std::sort(plan.nodes.begin() + static_cast<std::ptrdiff_t>(first), plan.nodes.end(),
                  [](const PlannedNode& a, const PlannedNode& b) { return a.node < b.node; });
        ++batch;
    }
    return plan;
}

void name_left_out(Plan& plan, const std::vector<UnfitNode>& unfit, const Selector& selector) {
    Choice choice(selector);
    for (const UnfitNode& other : unfit) {
        if (!choice.takes(other.node)) continue;
        plan.left_out.push_back({other.node.id, other.node.name, other.reason});
    }
    const std::vector<std::string> nowhere = choice.unmatched();
    std::erase_if(plan.unmatched, [&](const std::string& entry) {
        return std::find(nowhere.begin(), nowhere.end(), entry) == nowhere.end();
    });
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
