#include "control/store/api/pool_occupancy.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "control/store/rows/node_facts.hpp"
#include "control/store/rows/sql_parts.hpp"

namespace edgeroll::control {
namespace {

struct OpenNode {
    bool is_running = false;
    release::Labels labels;
};

std::vector<OpenNode> read_open_nodes(Connection& connection, release::ReleaseId id) {
    std::vector<OpenNode> nodes;
    std::optional<std::int64_t> present_batch;
    for (const Row& row : connection.query(
             "SELECT r.batch, CASE WHEN r.status = 'running' THEN 1 ELSE 0 END, n.labels FROM "
             "release_task_nodes r LEFT JOIN nodes n ON n.id = r.node_id WHERE r.release_task_id = "
             "? AND (r.status = 'running' OR " +
                 is_pending_row("r.") + ") ORDER BY r.batch",
             {id.value})) {
        OpenNode node;
        node.is_running = row.integer_or(1, 0) != 0;
        if (!present_batch) present_batch = row.integer_or(0, 0);
        if (!node.is_running && row.integer_or(0, 0) != *present_batch) continue;
        node.labels = read_labels(row.text(2));
        nodes.push_back(std::move(node));
    }
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
