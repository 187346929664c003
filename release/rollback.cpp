#include "release/rollback.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

namespace edgeroll::release {
namespace {

constexpr std::size_t named_max = 10;
constexpr std::size_t releases_max = 5;

/// The release sent the node a task, or found its content in place. A deferred node was never
/// reached, unless it has the content all the same: it was to be repaired, and that was put off.
bool is_touched(const FormerRow& row, Version version) {
    if (row.status == NodeStatus::deferred) {
        return row.attempt > 0 &&
               row.applied_config_version == row.own_config_version.value_or(version);
    }
    return row.attempt > 0 || row.status == NodeStatus::success;
}

std::string name_of(const FormerRow& row) {
    return row.name.empty() ? "#" + std::to_string(row.node.value) : row.name;
}

/// Why a touched node cannot get its earlier content back; empty: it can.
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
        return fail("node " + name_of(row) + " still runs: wait for its end, or abort the release",
                    Outcome::permanent, code::wrong_state);
    }
    return {};
}

const LaterRelease* find_release(const std::vector<LaterRelease>& later, Version version) {
    const auto found = std::find_if(later.begin(), later.end(), [version](const LaterRelease& one) {
        return one.version == version;
    });
    return found == later.end() ? nullptr : &*found;
}

std::string title_of(Version version, const LaterRelease* release) {
    const std::string number = std::to_string(version.value);
    if (release == nullptr) return "version " + number;
    return "release " + std::to_string(release->id.value) + " (version " + number + ")";
}

/// What an operator can do about a later release that blocks the rollback.
std::string cure_for(Version version, const LaterRelease* release) {
    if (release == nullptr) {
        return "version " + std::to_string(version.value) + " has no release that could be undone";
    }
    const std::string id = std::to_string(release->id.value);
    if (!release->is_finished) return "stop release " + id + " or wait for its end";
    if (release->rolled_back_by) {
        return "retry release " + std::to_string(release->rolled_back_by->value) +
               ", which did not undo release " + id + " everywhere";
    }
    return "roll back release " + id;
}

/// "edge-1, edge-2 and 7 more"
std::string listed(const std::vector<std::string>& names) {
    std::string text;
    for (std::size_t at = 0; at < names.size() && at < named_max; ++at)
        text += (at == 0 ? "" : ", ") + names[at];
    if (names.size() > named_max) {
        text += " and " + std::to_string(names.size() - named_max) + " more";
    }
    return text;
}

Result<void> refuse_later_touch(const std::vector<FormerRow>& rows, Version version,
                                const std::vector<LaterRelease>& later) {
    std::map<Version, std::vector<std::string>> above;
    for (const FormerRow& row : rows) {
        if (!is_touched(row, version) || !row.exists) continue;
        if (const auto standing = standing_above(row, version, later)) {
            above[*standing].push_back(name_of(row));
        }
    }
    if (above.empty()) return {};
    std::string touched, cures;
    std::size_t told = 0;
    // Newest first: the releases can be undone in that order.
    for (auto one = above.rbegin(); one != above.rend() && told < releases_max; ++one, ++told) {
        const LaterRelease* const release = find_release(later, one->first);
        touched += (touched.empty() ? "" : "; ") + title_of(one->first, release) + ": " +
                   listed(one->second);
        cures += (cures.empty() ? "" : ", then ") + cure_for(one->first, release);
    }
    if (above.size() > told) {
        touched += "; and " + std::to_string(above.size() - told) + " earlier ones";
    }
    return fail(
        "a later release touched its nodes: " + touched + ". First " + cures + "; or force this",
        Outcome::permanent, code::wrong_state);
}

}  // namespace

std::optional<Version> former_content(const FormerRow& row, Version version) {
    if (!is_touched(row, version)) return std::nullopt;
    if (row.status == NodeStatus::success) return row.previous_config_version;
    // Not a success: the agent kept or restored the content that the inventory names.
    if (row.applied_config_version != version) return row.applied_config_version;
    return row.previous_config_version;
}

std::optional<Version> standing_above(const FormerRow& row, Version version,
                                      const std::vector<LaterRelease>& later) {
    if (row.awaited_version) return row.awaited_version;
    if (!row.applied_version || *row.applied_version <= version) return std::nullopt;
    const LaterRelease* const last = find_release(later, *row.applied_version);
    const auto content = row.applied_config_version;
    const bool is_rollback = last != nullptr && last->undoes && content;
    if (!is_rollback) return row.applied_version;
    // That release restored the state before the release that it undoes, so both cancel out.
    const Version own = row.own_config_version.value_or(version);
    if (row.status == NodeStatus::success && *content == own) return std::nullopt;
    if (*content > version) return content;
    const bool undid_a_later_one = *last->undoes > version;
    if (row.status != NodeStatus::success && undid_a_later_one) return std::nullopt;
    return row.applied_version;
}

namespace {

// Whose outcome is known first, and who is likely to answer.
bool is_better_first(const FormerRow& a, const FormerRow& b) {
    const bool a_succeeded = a.status == NodeStatus::success;
    const bool b_succeeded = b.status == NodeStatus::success;
    if (a_succeeded != b_succeeded) return a_succeeded;
    const Millis a_unseen = a.unseen_for.value_or(Millis::max());
    const Millis b_unseen = b.unseen_for.value_or(Millis::max());
    if (a_unseen != b_unseen) return a_unseen < b_unseen;
    return a.node < b.node;
}

std::set<NodeId> first_look(std::vector<const FormerRow*> rows) {
    std::erase_if(rows, [](const FormerRow* row) { return row->status == NodeStatus::running; });
    std::sort(rows.begin(), rows.end(),
              [](const FormerRow* a, const FormerRow* b) { return is_better_first(*a, *b); });
    std::set<NodeId> chosen;
    std::set<std::string> regions;
    for (const bool is_any_region : {false, true}) {
        for (const FormerRow* row : rows) {
            if (chosen.size() == first_look_nodes) break;
            if (!is_any_region && !regions.insert(row->region).second) continue;
            chosen.insert(row->node);
        }
    }
    return chosen;
}

std::size_t rank_of(const FormerRow& row) {
    if (row.status == NodeStatus::success) return 1;
    return row.status == NodeStatus::running ? 3 : 2;
}

std::vector<PlannedNode> in_batches(const std::vector<const FormerRow*>& rows, Version version) {
    const std::set<NodeId> first = first_look(rows);
    std::array<std::vector<PlannedNode>, 4> ranks;
    for (const FormerRow* row : rows) {
        PlannedNode node;
        node.node = row->node;
        node.config_version = former_content(*row, version);
        ranks[first.contains(row->node) ? 0 : rank_of(*row)].push_back(node);
    }
    std::vector<PlannedNode> planned;
    int batch = 0;
    for (const std::vector<PlannedNode>& nodes : ranks) {
        if (nodes.empty()) continue;
        ++batch;
        for (PlannedNode node : nodes) {
            node.batch = batch;
            planned.push_back(node);
        }
    }
    return planned;
}

}  // namespace

Result<RollbackPlan> plan_rollback(const std::vector<FormerRow>& rows, Version version,
                                   const std::vector<FormerContent>& contents,
                                   const std::vector<LaterRelease>& later,
                                   const RollbackTerms& terms) {
    if (auto fine = refuse_running(rows); !terms.is_abort && !fine) {
        return tl::unexpected(std::move(fine.error()));
    }
    if (!terms.is_forced) {
        if (auto fine = refuse_later_touch(rows, version, later); !fine) {
            return tl::unexpected(std::move(fine.error()));
        }
    }
    RollbackPlan plan;
    std::vector<const FormerRow*> included;
    bool is_any_touched = false;
    for (const FormerRow& row : rows) {
        if (!is_touched(row, version)) continue;
        is_any_touched = true;
        std::string reason = obstacle(row, former_content(row, version), contents, terms.is_forced);
        if (reason.empty()) {
            included.push_back(&row);
        } else {
            plan.left_alone.push_back(LeftAlone{row.node, row.name, std::move(reason)});
        }
    }
    plan.nodes = in_batches(included, version);
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
