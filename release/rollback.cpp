#include "release/rollback.hpp"

#include <algorithm>
#include <utility>

namespace edgeroll::release {
namespace {

constexpr std::size_t named_max = 10;

/// The release asked it to do something, or found it done. A deferred node was never reached.
bool is_touched(const FormerRow& row) {
    if (row.status == NodeStatus::deferred) return false;
    return row.attempt > 0 || row.status == NodeStatus::success;
}

std::string name_of(const FormerRow& row) {
    return row.name.empty() ? "#" + std::to_string(row.node.value) : row.name;
}

/// Why a touched node cannot get its content back; empty: it can.
std::string obstacle(const FormerRow& row, std::optional<Version> content,
                     const std::vector<FormerContent>& contents, bool is_forced) {
    if (row.is_left_out) return "it was left out of the retry";
    if (!row.exists) return "the node was deleted";
    if (!content) return "edgeroll never saw what it had before";
    const std::string name =
        "the content it had before (version " + std::to_string(content->value) + ")";
    const auto found =
        std::find_if(contents.begin(), contents.end(),
                     [&](const FormerContent& one) { return one.version == *content; });
    if (found == contents.end() || !found->is_present) return name + " is gone";
    if (found->is_banned && !is_forced) return name + " is banned";
    return {};
}

Result<void> refuse_running(const std::vector<FormerRow>& rows) {
    for (const FormerRow& row : rows) {
        if (row.status != NodeStatus::running) continue;
        return fail("node " + name_of(row) + " still runs: wait for its end", Outcome::permanent,
                    code::wrong_state);
    }
    return {};
}

Result<void> refuse_later_touch(const std::vector<FormerRow>& rows, Version version) {
    std::string names;
    std::size_t count = 0;
    for (const FormerRow& row : rows) {
        const bool is_newer = row.applied_version && *row.applied_version > version;
        if (!is_touched(row) || !row.exists || (!is_newer && !row.is_dispatched_later)) continue;
        if (++count <= named_max) names += (names.empty() ? "" : ", ") + name_of(row);
    }
    if (count == 0) return {};
    if (count > named_max) names += " and " + std::to_string(count - named_max) + " more";
    return fail("a later release touched " + names + ": roll that one back first, or force this",
                Outcome::permanent, code::wrong_state);
}

}  // namespace

std::optional<Version> former_content(const FormerRow& row, Version version) {
    if (!is_touched(row)) return std::nullopt;
    if (row.status == NodeStatus::success) return row.previous_config_version;
    // It did not succeed: the agent kept or put back what the inventory says.
    if (row.applied_config_version != version) return row.applied_config_version;
    return row.previous_config_version;
}

Result<RollbackPlan> plan_rollback(const std::vector<FormerRow>& rows, Version version,
                                   const std::vector<FormerContent>& contents, bool is_forced) {
    if (auto fine = refuse_running(rows); !fine) return tl::unexpected(std::move(fine.error()));
    if (!is_forced) {
        if (auto fine = refuse_later_touch(rows, version); !fine) {
            return tl::unexpected(std::move(fine.error()));
        }
    }
    RollbackPlan plan;
    std::vector<PlannedNode> succeeded, others;
    bool is_any_touched = false;
    for (const FormerRow& row : rows) {
        if (!is_touched(row)) continue;
        is_any_touched = true;
        const auto content = former_content(row, version);
        std::string reason = obstacle(row, content, contents, is_forced);
        if (!reason.empty()) {
            plan.left_alone.push_back(LeftAlone{row.node, row.name, std::move(reason)});
            continue;
        }
        PlannedNode node;
        node.node = row.node;
        node.config_version = content;
        (row.status == NodeStatus::success ? succeeded : others).push_back(node);
    }
    int batch = 0;
    const auto add = [&](auto begin, auto end) {
        if (begin == end) return;
        ++batch;
        for (auto node = begin; node != end; ++node) {
            node->batch = batch;
            plan.nodes.push_back(*node);
        }
    };
    const auto second = succeeded.begin() + (succeeded.empty() ? 0 : 1);
    add(succeeded.begin(), second);
    add(second, succeeded.end());
    add(others.begin(), others.end());
    if (plan.nodes.empty() && !is_any_touched) {
        return fail("the release touched no node: there is nothing to roll back",
                    Outcome::permanent, code::wrong_state);
    }
    if (plan.nodes.empty()) {
        const LeftAlone& first = plan.left_alone.front();
        return fail("no node can be rolled back; " +
                        (first.name.empty() ? "#" + std::to_string(first.node.value) : first.name) +
                        ": " + first.reason,
                    Outcome::permanent, code::wrong_state);
    }
    return plan;
}

}  // namespace edgeroll::release
