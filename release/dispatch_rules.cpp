#include "release/dispatch_rules.hpp"

#include <algorithm>

namespace edgeroll::release {
namespace {

constexpr Millis hold_of_long_tasks{3'000};

}  // namespace

std::optional<Verdict> verdict_unsent(const DispatchState& state) {
    if (!state.is_stopping && state.has_content) return std::nullopt;
    Verdict verdict;
    if (state.is_stopping && state.is_forgotten) {
        verdict.failure = FailureKind::lost;
        verdict.error = "the agent lost the task, and a stop kept it from being sent again";
    } else if (state.is_stopping) {
        verdict.status = NodeStatus::cancelled;
        verdict.error = "stopped before the agent had the task";
    } else {
        verdict.failure = FailureKind::rejected;
        verdict.error = state.problem.empty() ? "the content of the version is gone or was changed"
                                              : state.problem;
    }
    return verdict;
}

ConversationRules rules_for(ConversationRules rules, TaskType type) {
    if (type != TaskType::apply_config) {
        rules.hold_max = std::min(rules.hold_max, hold_of_long_tasks);
    }
    return rules;
}

}  // namespace edgeroll::release
