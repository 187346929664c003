#include "release/step/silence.hpp"

#include <algorithm>
#include <cstdint>
#include <map>

#include "release/failures.hpp"
#include "release/mutant.hpp"
#include "release/step.hpp"
#include "release/step/phase.hpp"
#include "release/step/pools.hpp"

namespace edgeroll::release {
namespace {

constexpr std::size_t own_network_least = 5;

std::string shown(const NodeRow& row) {
    return row.address.name.empty() ? "node " + std::to_string(row.id.value)
                                    : "node " + row.address.name;
}

std::string whole_seconds(Millis span) {
    return std::to_string(span.count() / 1000);
}

// Failed nodes, and those dark nodes, against the limits that would stop the release.
bool exceeds(const Release& release, const std::vector<std::size_t>& dark) {
    if (dark.empty()) return false;
    const Limits& limits = release.seen.policy.limits;
    const int unwaived = std::max(release.counts.failed - release.seen.waived_failures, 0);
    const int bad = unwaived + static_cast<int>(dark.size());
    if (!limits.failure_threshold && !limits.max_batch_fail_rate_percent) return true;
    if (limits.failure_threshold && bad > *limits.failure_threshold) return true;
    if (!limits.max_batch_fail_rate_percent) return false;
    std::map<std::size_t, int> by_batch;
    for (const std::size_t position : dark)
        ++by_batch[batch_from(release, release.nodes[position].row.batch)];
    return std::any_of(by_batch.begin(), by_batch.end(), [&](const auto& entry) {
        const auto& [index, count] = entry;
        const std::int64_t failed = unwaived_failures(release, index) + count;
        return failed * 100 > std::int64_t{*limits.max_batch_fail_rate_percent} *
                                  dispatched_and_waiting(release.batches[index].counts);
    });
}

// At least five nodes, and more than half of those that run, went dark within one dark_sec.
bool is_own_network(const Release& release) {
    std::vector<Instant> dark;
    for (const std::size_t position : release.silent) {
        const NodeState& node = release.nodes[position];
        if (node.is_dark) dark.push_back(node.silent_since);
    }
    std::sort(dark.begin(), dark.end());
    std::size_t together = 0;  // the most of them that fell silent within one dark_sec
    for (std::size_t first = 0, last = 0; last < dark.size(); ++last) {
        while (dark[last] - dark[first] > release.seen.policy.dark)
            ++first;
        together = std::max(together, last - first + 1);
    }
    const auto running = static_cast<std::size_t>(release.counts.running);
    return together >= own_network_least && together * 2 > running;
}

std::vector<std::size_t> dark_since(const Release& release, Instant at_latest) {
    std::vector<std::size_t> dark;
    for (const std::size_t position : release.silent) {
        const NodeState& node = release.nodes[position];
        if (node.is_dark && node.silent_since <= at_latest) dark.push_back(position);
    }
    return dark;
}

void free_slot(Release& release, NodeState& node) {
    node.is_slot_free = true;
    ++release.free_slots;
    count_running(release, node.group, -1);
}

// False: its time has not come.
bool is_due(Draft& draft, Instant at) {
    if (draft.now >= at) return true;
    draft.wake(at);
    return false;
}

void watch_in_rollback(Draft& draft, NodeState& node) {
    Release& release = draft.release;
    if (node.is_slot_free) return;
    if (is_due(draft, node.silent_since + release.seen.policy.abandon)) free_slot(release, node);
}

void watch_for_darkness(Draft& draft, NodeState& node) {
    const Policy& policy = draft.release.seen.policy;
    if (node.is_dark) {
        (void)is_due(draft, node.silent_since + policy.dark_abort);
        return;
    }
    // A node that was never reached is unreachable (docs/contract.md 4.3), which says nothing.
    if (!node.may_have_task || has_mutant(Mutant::dark_not_counted)) return;
    if (!is_due(draft, node.silent_since + policy.dark)) return;
    node.is_dark = true;
    draft.note("node_dark",
               {{"task", node.row.task_id},
                {"silent_sec", whole_seconds(draft.now - node.silent_since)},
                {"progress", std::to_string(node.progress)}},
               node.row.id);
    (void)is_due(draft, node.silent_since + policy.dark_abort);
}

}  // namespace

int dark_nodes(const Release& release) {
    return static_cast<int>(dark_since(release, never).size());
}

void hear(Draft& draft, std::size_t position, Instant silent_since, bool may_have_task) {
    Release& release = draft.release;
    NodeState& node = release.nodes[position];
    node.silent_since = silent_since;
    node.may_have_task = may_have_task;
    if (silent_since != never) {
        release.silent.insert(position);
        return;
    }
    draft.end_silence(position);
}

void watch_silence(Draft& draft) {
    Release& release = draft.release;
    for (const std::size_t position : release.silent) {
        NodeState& node = release.nodes[position];
        if (position >= release.members) continue;
        if (release.seen.rolls_back) {
            watch_in_rollback(draft, node);
        } else {
            watch_for_darkness(draft, node);
        }
    }
    const bool was_own_network = release.is_own_network;
    release.is_own_network = is_own_network(release);
    if (release.is_own_network && !was_own_network) draft.note("own_network");
}

bool is_braked(const Release& release) {
    return exceeds(release, dark_since(release, never));
}

std::optional<Reason> exceeded_by_dark(const Release& release, Instant now) {
    if (release.silent.empty() || release.is_own_network) return std::nullopt;
    const Millis patience = release.seen.policy.dark_abort;
    const auto dark = dark_since(release, now - patience);
    if (!exceeds(release, dark)) return std::nullopt;
    const NodeRow& row = release.nodes[dark.front()].row;
    const std::string where = shown(row) + " in batch " + std::to_string(row.batch);
    return Reason{where + " is dark: its agent may have the task and answers nothing for " +
                      whole_seconds(patience) + " s (" + std::to_string(dark.size()) +
                      " dark and " + std::to_string(release.counts.failed) + " failed)",
                  where + " is dark"};
}

}  // namespace edgeroll::release
