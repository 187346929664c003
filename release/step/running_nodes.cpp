#include "release/step/running_nodes.hpp"

#include <algorithm>
#include <utility>

#include "release/step/task_start.hpp"

namespace edgeroll::release {

std::optional<std::size_t> find_running(const Release& release, NodeId id,
                                        const std::string& task_id) {
    const auto position = find_node(release, id);
    if (!position) return std::nullopt;
    const NodeRow& row = release.nodes[*position].row;
    if (row.status != NodeStatus::running || row.task_id != task_id) return std::nullopt;
    return position;
}

void look_after_running(Draft& draft) {
    Release& release = draft.release;
    if (!release.has_new_rows) return;
    for (std::size_t i = 0; i < release.nodes.size(); ++i) {
        NodeState& node = release.nodes[i];
        if (node.row.status != NodeStatus::running || node.is_in_conversation) continue;
        if (node.row.address.ip.empty()) {
            if (draft.commit.nodes.size() >= events_per_step) {
                draft.is_full = true;
                return;
            }
            NodeChange& change = draft.change_node(i, NodeStatus::failed);
            change.failure = FailureKind::lost;
            change.error = node.row.error = "the node was deleted while its task ran";
            continue;
        }
        if (node.row.task_id.empty()) {
            node.row.attempt = std::max(node.row.attempt, 1);
            node.row.task_id = task_id_of(release, node.row);
        }
        node.is_in_conversation = true;
        StartConversation start = conversation_with(node);
        start.asks_first = true;
        start.trouble = {node.row.reason, node.row.trouble};
        draft.effects.emplace_back(std::move(start));
    }
    release.has_new_rows = false;
}

}  // namespace edgeroll::release
