#include "control/store/api/create_plan.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <utility>

#include "control/core/node_address.hpp"
#include "control/store/rows/column_text.hpp"
#include "control/store/rows/columns.hpp"
#include "control/store/rows/naming.hpp"
#include "control/store/rows/node_facts.hpp"
#include "release/unfit_keys.hpp"

namespace edgeroll::control {
namespace {

using release::NodeId;

/// Nodes of the source that are in neither list were deleted.
void keep_unfinished(const CreateSource& source, std::vector<release::FleetNode>& fleet,
                     std::vector<release::UnfitNode>& unfit) {
    const auto is_other = [&](NodeId id) {
        return !std::binary_search(source.nodes.begin(), source.nodes.end(), id);
    };
    std::erase_if(fleet, [&](const release::FleetNode& node) { return is_other(node.id); });
    std::erase_if(unfit, [&](const release::UnfitNode& node) { return is_other(node.node.id); });
    std::vector<NodeId> there;
    for (const release::FleetNode& node : fleet)
        there.push_back(node.id);
    for (const release::UnfitNode& node : unfit)
        there.push_back(node.node.id);
    std::sort(there.begin(), there.end());
    std::vector<NodeId> gone;
    std::set_difference(source.nodes.begin(), source.nodes.end(), there.begin(), there.end(),
                        std::back_inserter(gone));
    for (const NodeId id : gone) {
        release::UnfitNode node;
        node.node.id = id;
        node.reason = "no longer in the inventory";
        unfit.push_back(std::move(node));
    }
    std::sort(unfit.begin(), unfit.end(),
              [](const auto& a, const auto& b) { return a.node.id < b.node.id; });
}

void refuse_unmatched(const std::vector<std::string>& entries) {
    if (entries.empty()) return;
    std::string names;
    for (std::size_t i = 0; i < std::min(entries.size(), named_max); ++i)
        names += (i == 0 ? "'" : ", '") + fitted(entries[i], named_bytes_max) + "'";
    if (entries.size() > named_max) {
        names += " and " + std::to_string(entries.size() - named_max) + " more";
    }
    refuse(release::code::invalid,
           "batch_config: selector.nodes names what no node has as its name or address: " + names);
}

[[noreturn]] void refuse_empty(const release::Plan& plan, bool has_selector) {
    std::string text = has_selector ? "the selector takes no enabled online node"
                                    : "there is no enabled online node to release to";
    for (std::size_t i = 0; i < std::min(plan.left_out.size(), named_max); ++i) {
        const release::LeftOut& node = plan.left_out[i];
        text += (i == 0 ? ": " : ", ") +
                (node.name.empty() ? "node " + std::to_string(node.node.value)
                                   : fitted(node.name, named_bytes_max)) +
                " is " + node.reason;
    }
    if (plan.left_out.size() > named_max) text += ", and so on";
    refuse(release::code::wrong_state, text);
}

/// Rows inserted by SQL may give two nodes the same address.
void refuse_one_agent_twice(Connection& connection,
                            const std::vector<release::PlannedNode>& nodes) {
    std::set<NodeId> planned;
    for (const release::PlannedNode& node : nodes)
        planned.insert(node.node);
    const Columns<NodePlace> columns{
        {"id", into<&NodePlace::id>},
        {"name", into<&NodePlace::name>},
        {"main_ip",
         [](NodePlace& place, const Field& field) { place.ip = address_or_text(field.text()); }},
        {"agent_port", into<&NodePlace::port>},
    };
    std::vector<NodePlace> places = select_rows(connection, columns, "FROM nodes ORDER BY id");
    std::erase_if(places, [&](const NodePlace& place) { return !planned.contains(place.id); });
    const std::string shared = shared_address(places);
    if (!shared.empty()) refuse(release::code::wrong_state, shared);
}

/// @param fleet ascending by id, contains every node of the plan
std::vector<std::string> names_of(const std::vector<release::PlannedNode>& nodes,
                                  const std::vector<release::FleetNode>& fleet) {
    std::vector<std::string> names;
    names.reserve(nodes.size());
    for (const release::PlannedNode& node : nodes) {
        const auto found = std::lower_bound(
            fleet.begin(), fleet.end(), node.node,
            [](const release::FleetNode& other, NodeId id) { return other.id < id; });
        names.push_back(found->name);
    }
    return names;
}

}  // namespace

std::vector<release::LeftOut> unseen_nodes(Connection& connection, const CreatedRelease& created) {
    std::set<std::int64_t> unseen;
    for (const Row& row : connection.query("SELECT id FROM nodes WHERE evidence = ''"))
        unseen.insert(row.integer_or(0, 0));
    std::vector<release::LeftOut> nodes;
    for (std::size_t at = 0; at < created.plan.size(); ++at) {
        const release::NodeId node = created.plan[at].node;
        if (!unseen.contains(node.value)) continue;
        nodes.push_back({node, at < created.names.size() ? created.names[at] : "",
                         "nobody looks at a content there: AGENT_CHECK_CMD, AGENT_VERIFY_CMD and "
                         "AGENT_VERIFY_URL are not set"});
    }
    std::sort(nodes.begin(), nodes.end(),
              [](const auto& a, const auto& b) { return a.node < b.node; });
    return nodes;
}

NamedPlan plan_release(Connection& connection, release::TaskType type, release::Policy policy,
                       const std::string& content_sha256,
                       const std::optional<CreateSource>& source) {
    std::vector<release::FleetNode> fleet = read_fleet(connection);
    std::vector<release::UnfitNode> unfit = read_unfit_nodes(connection);
    if (source) {
        policy.selector = {};
        keep_unfinished(*source, fleet, unfit);
    }
    NamedPlan plan{make_plan(fleet, policy, content_sha256), {}};
    name_left_out(plan, unfit, policy.selector);
    refuse_unmatched(plan.unmatched);
    if (plan.nodes.empty()) refuse_empty(plan, !policy.selector.is_empty());
    const bool has_content = type == release::TaskType::apply_config && !content_sha256.empty();
    if (const auto why = release::unfit_keys(policy, plan.nodes.back().batch, has_content)) {
        refuse(release::code::invalid, "batch_config: " + *why);
    }
    if (!plan.absent_label.empty()) {
        refuse(release::code::invalid, "batch_config: no node of the release has the label '" +
                                           fitted(plan.absent_label, named_bytes_max) + "'");
    }
    refuse_one_agent_twice(connection, plan.nodes);
    plan.names = names_of(plan.nodes, fleet);
    return plan;
}

}  // namespace edgeroll::control
