#include "control/store/api/expected_plan.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "control/store/rows/column_text.hpp"
#include "control/store/rows/naming.hpp"
#include "release/plan_changes.hpp"
#include "release/wire/plan_digest.hpp"

namespace edgeroll::control {
namespace {

using release::NodeId;
using release::PlannedNode;

std::string counted(std::size_t count, const std::string& thing, const char* ending) {
    return std::to_string(count) + " " + thing + (count == 1 ? "" : ending);
}

/// `nodes` and `names` are parallel.
std::string name_of(NodeId node, const std::vector<PlannedNode>& nodes,
                    const std::vector<std::string>& names) {
    const auto found = std::find_if(nodes.begin(), nodes.end(),
                                    [&](const PlannedNode& other) { return other.node == node; });
    const auto at = static_cast<std::size_t>(found - nodes.begin());
    if (at >= names.size() || names[at].empty()) return "node " + std::to_string(node.value);
    return fitted(names[at], named_bytes_max);
}

/// " Joined: n4 (batch 2), n5 (batch 2) and 3 more."; empty without nodes.
template <class Node, class Describe>
std::string sentence(const char* title, const std::vector<Node>& nodes, const Describe& describe) {
    if (nodes.empty()) return {};
    std::string text = std::string(" ") + title + ": ";
    for (std::size_t i = 0; i < std::min(nodes.size(), named_max); ++i)
        text += (i == 0 ? "" : ", ") + describe(nodes[i]);
    if (nodes.size() > named_max) {
        text += " and " + std::to_string(nodes.size() - named_max) + " more";
    }
    return text + ".";
}

/// A fit node that is missing from the plan is no longer matched by the selector, or is finished in
/// the release that this one continues.
std::string why_gone(Connection& connection, NodeId node,
                     const std::vector<release::LeftOut>& left_out) {
    const auto found =
        std::find_if(left_out.begin(), left_out.end(),
                     [&](const release::LeftOut& other) { return other.node == node; });
    if (found != left_out.end()) return found->reason;
    const bool is_there =
        !connection.query("SELECT id FROM nodes WHERE id = ?", {node.value}).empty();
    return is_there ? "no longer selected" : "deleted";
}

std::string describe_changes(Connection& connection, const PreviewedPlan& before,
                             const CreatedRelease& now) {
    const release::PlanChanges changes = release::plan_changes(before.nodes, now.plan);
    const auto joined = [&](const PlannedNode& node) {
        return name_of(node.node, now.plan, now.names) + " (batch " + std::to_string(node.batch) +
               ")";
    };
    const auto gone = [&](const PlannedNode& node) {
        return name_of(node.node, before.nodes, before.names) + " (" +
               why_gone(connection, node.node, now.left_out) + ")";
    };
    const auto moved = [&](const release::BatchMove& move) {
        return name_of(move.node, now.plan, now.names) + " (batch " + std::to_string(move.from) +
               " to " + std::to_string(move.to) + ")";
    };
    return sentence("Joined", changes.joined, joined) + sentence("Gone", changes.gone, gone) +
           sentence("Moved", changes.moved, moved);
}

}  // namespace

void require_expected(Connection& connection, const NewRelease& request,
                      const CreatedRelease& created) {
    const std::string& expected = request.expected_plan_sha256;
    if (expected.empty() || expected == created.plan_sha256) return;
    std::string what;
    for (const std::string& part : release::wire::plan_differences(expected, created.plan_sha256))
        what += (what.empty() ? "" : " and ") + part;
    std::string text = "the plan is not the one of planSha256 any more: " + what + " changed.";
    if (request.previewed) text += describe_changes(connection, *request.previewed, created);
    refuse(release::code::wrong_state,
           text + " Today it is " + counted(created.plan.size(), "node", "s") + " in " +
               counted(static_cast<std::size_t>(created.plan.back().batch), "batch", "es") +
               ": look at a new dry run");
}

}  // namespace edgeroll::control
