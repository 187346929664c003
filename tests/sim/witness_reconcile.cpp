// Reconciliation: what it takes up is free and allowed, and never more than its pace
// (docs/contract.md 6.9).
#include <algorithm>

#include "witness.hpp"

namespace edgeroll::sim {

using release::NodeId;
using release::NodeStatus;

void Witness::reconciled(const release::ReconcileRules& rules, const ReleaseRow& after,
                         const std::vector<NodeId>& nodes, bool is_banned) {
    const Instant now = timeline_.now();
    if (is_banned) violated("F5", name_of(after) + " is given to nodes, and its content is banned");
    for (const NodeId node : nodes) {
        for (const auto& [id, other] : database_->releases()) {
            if (id == after.id || other.finished_at) continue;
            const auto& rows = database_->rows(id);
            const bool has_it = std::ranges::any_of(rows, [&](const TaskRow& row) {
                return row.node == node && !release::is_final(row.status);
            });
            if (!has_it) continue;
            violated("F6", "node " + std::to_string(node.value) + " is taken up for " +
                               name_of(after) + ", and " + name_of(other) + " has it");
        }
        taken_up_.push_back(now);
        const auto twice = std::ranges::count_if(database_->served(), [&](const auto& one) {
            return one.node == node && !one.ended_at;
        });
        if (twice > 1) violated("F6", "node " + std::to_string(node.value) + " is served twice");
    }
    while (now - taken_up_.front() >= Millis{60'000})
        taken_up_.pop_front();
    if (static_cast<int>(taken_up_.size()) > rules.per_minute) {
        violated("F7", std::to_string(taken_up_.size()) + " nodes are taken up within a minute");
    }
    const auto& served = database_->served();
    const auto open =
        std::ranges::count_if(served, [](const SimDatabase::Served& one) { return !one.ended_at; });
    if (open > rules.max) violated("F7", std::to_string(open) + " nodes are served at once");
    int failures = 0;
    for (const SimDatabase::Served& one : served) {
        if (one.outcome == "success") failures = 0;
        if (one.outcome == "failed" && !one.is_continued) ++failures;
    }
    if (failures >= release::reconcile_failures_max) {
        violated("F8", "reconciliation goes on after " + std::to_string(failures) + " failures");
    }
}

std::optional<NodeId> Witness::next_owed(const release::ReconcileRules& rules) const {
    const control::OwedNodes owed = database_->owed(timeline_.now());
    const auto plan = release::plan_reconciliation(rules, owed.pace, owed.releases);
    if (plan.rounds.empty() || owed.pace.open > 0) return std::nullopt;
    return plan.rounds.front().nodes.front().node;
}

}  // namespace edgeroll::sim
