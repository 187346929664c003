#include "control/store/api/pool_occupancy.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "control/store/rows/columns.hpp"
#include "control/store/rows/node_facts.hpp"
#include "control/store/rows/sql_parts.hpp"

namespace edgeroll::control {
namespace {

struct OpenNode {
    std::int64_t batch = 0;
    bool is_running = false;
    release::Labels labels;
};

std::vector<OpenNode> read_open_nodes(Connection& connection, release::ReleaseId id) {
    const Columns<OpenNode> columns{
        {"r.batch", into<&OpenNode::batch>},
        {"CASE WHEN r.status = 'running' THEN 1 ELSE 0 END", into<&OpenNode::is_running>},
        {"n.labels",
         [](OpenNode& node, const Field& field) { node.labels = read_labels(field.text()); }},
    };
    std::vector<OpenNode> nodes =
        select_rows(connection, columns,
                    "FROM release_task_nodes r LEFT JOIN nodes n ON n.id = r.node_id WHERE "
                    "r.release_task_id = ? AND (r.status = 'running' OR " +
                        is_pending_row("r.") + ") ORDER BY r.batch",
                    {id.value});
    if (nodes.empty()) return nodes;
    const std::int64_t present_batch = nodes.front().batch;
    std::erase_if(nodes, [&](const OpenNode& node) {
        return !node.is_running && node.batch != present_batch;
    });
    return nodes;
}

std::string value_of(const OpenNode& node, const std::string& label) {
    for (const auto& [name, value] : node.labels) {
        if (name == label) return value;
    }
    return {};
}

}  // namespace

std::vector<FullPool> read_full_pools(Connection& connection, release::ReleaseId id,
                                      const std::vector<release::PoolRule>& rules) {
    std::vector<FullPool> full;
    if (rules.empty()) return full;
    const std::vector<OpenNode> nodes = read_open_nodes(connection, id);
    for (const release::PoolRule& rule : rules) {
        std::map<std::string, std::pair<int, int>> lanes;  // running and waiting, by value
        for (const OpenNode& node : nodes) {
            auto& [running, waiting] = lanes[value_of(node, rule.label)];
            ++(node.is_running ? running : waiting);
        }
        for (const auto& [value, counts] : lanes) {
            const int size = rule.size_of(value);
            if (counts.second == 0 || counts.first < size) continue;
            full.push_back(FullPool{rule.label, value, size, counts.first});
        }
    }
    return full;
}

}  // namespace edgeroll::control
