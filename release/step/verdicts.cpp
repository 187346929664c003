#include "release/step/verdicts.hpp"

#include <algorithm>

#include "release/limits.hpp"
#include "release/mutant.hpp"
#include "release/step/next_attempt.hpp"
#include "release/step/phase.hpp"
#include "release/step/probation.hpp"
#include "release/step/running_nodes.hpp"

namespace edgeroll::release {
namespace {

// The node was unreachable before it was sent anything, which says nothing about the content
// (docs/contract.md section 6). A node that an earlier attempt since the last retry reached may
// have become unreachable because of the content.
bool is_away(const Release& release, const NodeRow& row, const Verdict& verdict) {
    return verdict.status == NodeStatus::failed && verdict.failure == FailureKind::unreachable &&
           row.attempt - row.attempts_before <= 1 &&
           (release.seen.catches_up || release.counts.deferred < deferrals_allowed(release));
}

// Nothing further is sent for an impossible release, or past one of its limits.
bool goes_on(const Release& release, Instant now) {
    return release.seen.problems.empty() && !exceeded_limit(release) &&
           exceeded_time(release, now) == TimeLimit::none;
}

// Rows may be deleted and inserted again, and agents remember longer than that. More than a few
// generations of one version is a mistake, and an agent that reports it every time is broken.
constexpr int ids_passed_over_max = 5;

bool may_take_next_id(const Release& release, const NodeRow& row, const Verdict& verdict,
                      Instant now) {
    return verdict.is_id_used && row.ids_passed_over < ids_passed_over_max && row.facts.exists &&
           goes_on(release, now);
}

// Only for a failure that another attempt can cure, and only while the release goes on.
bool may_try_again(const Release& release, const NodeRow& row, const Verdict& verdict,
                   Instant now) {
    if (verdict.status != NodeStatus::failed || !verdict.is_curable) return false;
    switch (verdict.failure) {
        case FailureKind::exec_failed:
        case FailureKind::timeout:
        case FailureKind::lost:
        case FailureKind::unreachable:
            break;
        case FailureKind::rejected:
            if (!verdict.is_for_now) return false;
            break;
        case FailureKind::none:
        case FailureKind::tls:
            return false;
    }
    if (is_away(release, row, verdict)) return false;
    // An operator disabled the node since its first attempt, or put it in maintenance: nothing
    // further is sent (docs/contract.md section 3).
    const bool may_be_sent = row.facts.exists && row.facts.is_enabled &&
                             !row.facts.is_in_maintenance &&
                             release.seen.status != ReleaseStatus::paused;
    if (!may_be_sent) return false;
    const bool is_limited = !has_mutant(Mutant::retry_forgets_limits);
    if (is_limited && tried(row) > release.seen.policy.retries) return false;
    return goes_on(release, now);
}

// Doubles from attempt to attempt; the dispatcher adds jitter.
Millis retry_pause(const Rules& rules, const NodeRow& row) {
    Millis pause = rules.retry_first;
    for (int i = 1; i < tried(row) && pause < rules.retry_ceiling; ++i)
        pause *= 2;
    return std::min(pause, rules.retry_ceiling);
}

}  // namespace

void attempted(Draft& draft, const Attempted& event) {
    const auto position = find_running(draft.release, event.node, event.task_id);
    if (!position) return;
    NodeState& node = draft.release.nodes[*position];
    if (event.is_own_agent) node.is_own_agent = *event.is_own_agent;
    if (!node.is_starting) return;
    node.is_starting = false;
    --draft.release.starting;
}

void reported(Draft& draft, const Reported& event) {
    const auto position = find_running(draft.release, event.node, event.task_id);
    const Verdict& verdict = event.verdict;
    if (!position) {
        // A status that an operator wrote wins; the agent's answer is kept (docs/contract.md 4.6).
        draft.note("late_answer",
                   {{"task", event.task_id},
                    {"status", std::string(to_text(verdict.status))},
                    {"error", verdict.error}},
                   event.node);
        return;
    }
    Release& release = draft.release;
    const bool is_over = is_stopping(release) || is_final(release.seen.status);
    const bool is_foreign_cancel = verdict.status == NodeStatus::cancelled && !is_over;
    if (!is_over && may_take_next_id(release, release.nodes[*position].row, verdict, draft.now)) {
        take_next_id(draft, *position, verdict);
        return;
    }
    if (!is_over && may_try_again(release, release.nodes[*position].row, verdict, draft.now)) {
        try_again(draft, *position, verdict,
                  retry_pause(release.rules, release.nodes[*position].row));
        return;
    }
    const bool is_unsent = is_over && verdict.is_id_used;  // the agent has none of it
    NodeStatus status = is_foreign_cancel ? NodeStatus::failed
                        : is_unsent       ? NodeStatus::cancelled
                                          : verdict.status;
    const bool is_deferred = is_away(release, release.nodes[*position].row, verdict);
    // A node that a stop keeps from catching up is deferred again.
    const bool is_put_off = status == NodeStatus::cancelled && release.seen.catches_up;
    if (is_deferred || is_put_off) status = NodeStatus::deferred;
    const bool has_content = release.seen.type == TaskType::apply_config &&
                             release.seen.content_sha256 != reload_only_mark;

    NodeChange& change = draft.change_node(*position, status);
    change.failure = is_deferred || is_unsent ? FailureKind::none
                     : is_foreign_cancel      ? FailureKind::exec_failed
                                              : verdict.failure;
    change.error = is_unsent ? "stopped before the agent had the task"
                   : is_foreign_cancel && verdict.error.empty()
                       ? "the task was cancelled on the agent"
                       : verdict.error;
    // Ended between two attempts: only the error of the previous attempt is known.
    const bool is_between_attempts = status == NodeStatus::cancelled && verdict.steps.empty() &&
                                     tried(release.nodes[*position].row) > 1;
    if (is_between_attempts) change.error += "; " + release.nodes[*position].row.error;
    change.reason = is_deferred                       ? ReasonKind::unreachable
                    : is_put_off                      ? ReasonKind::stopped
                    : status == NodeStatus::cancelled ? ReasonKind::stopped
                                                      : ReasonKind::none;
    change.steps = verdict.steps;
    change.capabilities = verdict.capabilities;
    if (status == NodeStatus::success && has_content) change.evidence = verdict.evidence;
    change.progress = verdict.progress;
    change.has_new_content = status == NodeStatus::success && has_content;

    NodeRow& row = release.nodes[*position].row;
    change.content = row.config_version;
    row.failure = change.failure;
    row.evidence = change.evidence.value_or(std::string(looks::unknown));
    row.reason = change.reason;
    row.error = change.error;
    if (change.has_new_content) {
        row.facts.applied_version = release.seen.version;
        if (!row.config_version) row.facts.applied_sha256 = release.seen.content_sha256;
    }
    note_success(draft, *position);
}

}  // namespace edgeroll::release
