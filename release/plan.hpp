// Assigns nodes to batches (docs/contract.md section 6).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "release/commit.hpp"
#include "release/model.hpp"
#include "release/policy.hpp"

namespace edgeroll::release {

/// Ends (exclusive) of the batches of `total` nodes, strictly ascending; the last end is `total`.
/// Batch k ends at min(N, max(end of k-1 + 1, counts so far + ceil(percents so far * N / 100))); a
/// last entry other than `rest` repeats. @param sizes not empty, amounts > 0, no `one_per_value`
[[nodiscard]] std::vector<int> batch_ends(int total, const std::vector<BatchSize>& sizes);

/// A node that is left out of the release for now, and why ("offline").
struct LeftOut {
    NodeId node;
    std::string name;
    std::string reason;
    friend bool operator==(const LeftOut&, const LeftOut&) = default;
};

struct Plan {
    std::vector<PlannedNode> nodes;      ///< ascending by (batch, id); empty: no node to release to
    std::vector<std::string> unmatched;  ///< entries of the selector's list that match no node
    std::vector<LeftOut> left_out;       ///< filled in by name_left_out
    std::string absent_label{};  ///< named by the policy to say who goes first, and no node has it
};

/// Whether the node has the labels that the selector asks for; its list of nodes does not count.
[[nodiscard]] bool has_labels(const FleetNode& node, const Selector& selector);

/// The plan of a policy: its selector's nodes in the order of their ids, cut by its sizes; the
/// nodes of "1 per LABEL" go first. Without sizes up to 20 nodes are the first by id and the
/// others; more are the canaries (one for each of the five largest values of `canary_by`), 5 %, 20
/// % and the rest, each batch spread over the values. @param fleet ascending by id
/// @param seed the content's digest, which draws the canaries
[[nodiscard]] Plan make_plan(const std::vector<FleetNode>& fleet, const Policy& policy,
                             std::string_view seed);

/// A node of the inventory that no plan may use now: disabled, or not online.
struct UnfitNode {
    FleetNode node;
    std::string reason;
};

/// Adds the unfit nodes that the selector matches to the plan's left_out; their entries no longer
/// count as unmatched. @param unfit ascending by id
void name_left_out(Plan& plan, const std::vector<UnfitNode>& unfit, const Selector& selector);

/// One line `batch:node` for each row, in the plan's order, then the version's content digest:
/// equal texts are equal plans (release/wire/plan_digest computes plan_sha256 from it).
[[nodiscard]] std::string canonical_text(const std::vector<PlannedNode>& plan,
                                         std::string_view content_sha256);

}  // namespace edgeroll::release
