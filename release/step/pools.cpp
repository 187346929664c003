#include "release/step/pools.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

namespace edgeroll::release {
namespace {

std::string value_of(const Labels& labels, const std::string& name) {
    for (const auto& [label, value] : labels) {
        if (label == name) return value;
    }
    return {};  // nodes without the label share one pool
}

bool is_full(const Release& release) {
    const int most = release.seen.policy.max_parallel;
    return most > 0 && release.counts.running - release.free_slots >= most;
}

// The first pending node of a queue that may run now; drops nodes that are no longer pending. Only
// the last batch of a rollback has nodes that may not: the release that it undoes still runs there.
std::optional<std::size_t> front(const Release& release, LaneQueue& queue) {
    const auto is_pending = [&](std::size_t place) {
        return release.nodes[queue.positions[place]].row.status == NodeStatus::pending;
    };
    while (queue.next < queue.positions.size() && !is_pending(queue.next))
        ++queue.next;
    for (std::size_t place = queue.next; place < queue.positions.size(); ++place) {
        const std::size_t position = queue.positions[place];
        const bool is_held = release.nodes[position].row.facts.is_still_running;
        if (is_pending(place) && !is_held) return position;
    }
    return std::nullopt;
}

}  // namespace

void build_lanes(Release& release) {
    const std::vector<PoolRule>& rules = release.seen.policy.pools;
    release.pools.clear();
    release.groups.clear();
    std::map<std::pair<std::size_t, std::string>, std::size_t> pools;  // rule and value
    std::map<std::vector<std::size_t>, std::size_t> groups;
    for (BatchState& batch : release.batches) {
        batch.queues.clear();
        std::map<std::size_t, std::size_t> queues;  // by group
        for (std::size_t i = batch.begin; i < batch.end; ++i) {
            NodeState& node = release.nodes[i];
            std::vector<std::size_t> mine;
            for (std::size_t rule = 0; rule < rules.size(); ++rule) {
                std::string value = value_of(node.row.address.labels, rules[rule].label);
                const int size = rules[rule].size_of(value);
                const auto [found, is_new] =
                    pools.try_emplace({rule, std::move(value)}, release.pools.size());
                if (is_new) release.pools.push_back(Pool{size, 0});
                mine.push_back(found->second);
            }
            const auto [group, is_new_group] = groups.try_emplace(mine, release.groups.size());
            if (is_new_group) release.groups.push_back(mine);
            node.group = group->second;
            if (node.row.status == NodeStatus::running) count_running(release, node.group, +1);
            if (node.row.status != NodeStatus::pending) continue;
            const auto [queue, is_new_queue] = queues.try_emplace(node.group, batch.queues.size());
            if (is_new_queue) batch.queues.push_back(LaneQueue{node.group, {}, 0});
            batch.queues[queue->second].positions.push_back(i);
        }
    }
}

void count_running(Release& release, std::size_t group, int by) {
    for (const std::size_t pool : release.groups[group])
        release.pools[pool].running += by;
}

bool has_room(const Release& release, std::size_t group) {
    if (is_full(release)) return false;
    const std::vector<std::size_t>& pools = release.groups[group];
    return std::all_of(pools.begin(), pools.end(), [&](std::size_t pool) {
        return release.pools[pool].running < release.pools[pool].size;
    });
}

bool is_within(const Release& release, std::size_t group) {
    const int most = release.seen.policy.max_parallel;
    if (most > 0 && release.counts.running - release.free_slots > most) return false;
    const std::vector<std::size_t>& pools = release.groups[group];
    return std::all_of(pools.begin(), pools.end(), [&](std::size_t pool) {
        return release.pools[pool].running <= release.pools[pool].size;
    });
}

std::optional<std::size_t> take_next(Release& release, BatchState& batch) {
    LaneQueue* best = nullptr;
    std::size_t lowest = 0;
    for (LaneQueue& queue : batch.queues) {
        const auto position = front(release, queue);
        if (!position || !has_room(release, queue.group)) continue;
        if (best != nullptr && *position > lowest) continue;
        best = &queue;
        lowest = *position;
    }
    if (best == nullptr) return std::nullopt;
    if (best->positions[best->next] == lowest) ++best->next;
    return lowest;
}

}  // namespace edgeroll::release
