#include "release/model.hpp"

#include <algorithm>

namespace edgeroll::release {

std::optional<std::size_t> find_node(const Release& release, NodeId id) {
    const auto has_lower_id = [&](std::size_t position, NodeId wanted) {
        return release.nodes[position].row.id < wanted;
    };
    const auto found =
        std::lower_bound(release.by_id.begin(), release.by_id.end(), id, has_lower_id);
    if (found == release.by_id.end() || release.nodes[*found].row.id != id) return std::nullopt;
    return *found;
}

int tried(const NodeRow& row) {
    return row.attempt - row.attempts_before - row.ids_passed_over;
}

std::string make_task_id(TaskType type, const std::string& ip, Version version, int attempt) {
    std::string id = std::string(to_text(type)) + "_" + ip + "_" + std::to_string(version.value);
    if (attempt > 1) id += "_" + std::to_string(attempt);
    return id;
}

}  // namespace edgeroll::release
