#include "release/limits.hpp"

#include <algorithm>

#include "release/failures.hpp"
#include "release/mutant.hpp"

namespace edgeroll::release {
namespace {

using std::chrono::minutes;

std::string seconds_text(Millis span) {
    std::string text = std::to_string(span.count() / 1000);
    if (span.count() % 1000 != 0) {
        text += "." + std::to_string(1000 + span.count() % 1000).substr(1);
        text.erase(text.find_last_not_of('0') + 1);
    }
    return text + " s";
}

std::optional<std::string> exceeded_rate(const Release& release, int rate_percent) {
    if (release.failures.over_rate.empty()) return std::nullopt;
    const std::size_t index = *release.failures.over_rate.begin();
    const StatusCounts& counts = release.batches[index].counts;
    return std::to_string(unwaived_failures(release, index)) + " of " +
           std::to_string(dispatched_and_waiting(counts)) + " in batch " +
           std::to_string(release.batches[index].number) + " failed, max_batch_fail_rate is " +
           std::to_string(rate_percent) + " %";
}

int excess_deferrals(const Release& release) {
    if (release.seen.catches_up) return 0;  // the success was within its limits
    return std::max(release.counts.deferred - deferrals_allowed(release), 0);
}

// All remaining nodes belong to a success that catches up, and count against no limit. A time limit
// would fail that release, and with on_failure: rollback undo it everywhere.
bool is_all_waived(const Release& release) {
    const StatusCounts& counts = release.counts;
    const int waived = release.seen.waived_failures;
    return waived > 0 && waived >= counts.failed + counts.pending + counts.running;
}

}  // namespace

std::optional<std::string> exceeded_limit(const Release& release) {
    const Limits& limits = release.seen.policy.limits;
    const int unwaived = release.counts.failed - release.seen.waived_failures;
    if (const int excess = excess_deferrals(release); excess > 0 && excess + unwaived > 0) {
        return std::to_string(release.counts.deferred) + " deferred, max_unreachable is " +
               std::to_string(deferrals_allowed(release));
    }
    const int failed = std::max(unwaived, 0);
    const bool is_unlimited = limits.failure_threshold || limits.max_batch_fail_rate_percent;
    if (!is_unlimited) {
        if (failed == 0) return std::nullopt;
        return std::to_string(failed) + " failed, no failure is tolerated";
    }
    if (limits.failure_threshold && failed > *limits.failure_threshold) {
        return std::to_string(failed) + " failed, failure_threshold is " +
               std::to_string(*limits.failure_threshold);
    }
    if (!limits.max_batch_fail_rate_percent) return std::nullopt;
    return exceeded_rate(release, *limits.max_batch_fail_rate_percent);
}

Millis worked(const Release& release, Instant now) {
    if (release.seen.current_batch == 0) return Millis{0};
    if (release.seen.is_pause_marked) return release.seen.worked;
    return release.seen.worked + std::max(now - release.worked_at, Millis{0});
}

TimeLimit exceeded_time(const Release& release, Instant now) {
    const Policy& policy = release.seen.policy;
    if (release.seen.current_batch == 0 || is_all_waived(release)) return TimeLimit::none;
    const Millis spent = worked(release, now);
    if (policy.release_timeout && spent >= *policy.release_timeout) return TimeLimit::release;
    if (policy.batch_timeout && spent - release.seen.batch_work_start >= *policy.batch_timeout) {
        return TimeLimit::batch;
    }
    return TimeLimit::none;
}

std::string describe(TimeLimit limit, const Policy& policy) {
    if (limit == TimeLimit::none) return {};
    const bool is_batch = limit == TimeLimit::batch;
    const Millis span =
        (is_batch ? policy.batch_timeout : policy.release_timeout).value_or(Millis{0});
    return std::string(is_batch ? "the batch" : "the release") + " was not done within its " +
           (is_batch ? "batch_timeout_sec" : "release_timeout_sec") + " of " + seconds_text(span);
}

Instant time_limit(const Release& release, Instant now) {
    const Policy& policy = release.seen.policy;
    if (is_all_waived(release)) return never;
    const Millis spent = worked(release, now);
    Instant end = never;
    if (policy.release_timeout) end = std::min(end, now + (*policy.release_timeout - spent));
    if (policy.batch_timeout) {
        end =
            std::min(end, now + (*policy.batch_timeout - (spent - release.seen.batch_work_start)));
    }
    return end;
}

Millis default_timeout(TaskType type, Millis of_apply_config) {
    switch (type) {
        case TaskType::reload:
            return minutes{1};
        case TaskType::purge_cache:
            return minutes{5};
        case TaskType::run_job:
            return minutes{60};
        case TaskType::apply_config:
            break;
    }
    return of_apply_config;
}

Millis node_timeout(const Release& release) {
    if (release.seen.policy.node_timeout) return *release.seen.policy.node_timeout;
    return default_timeout(release.seen.type, release.rules.node_timeout);
}

int left_out(const Release& release) {
    if (release.counts.skipped == 0 && release.counts.cancelled == 0) return 0;
    const auto was_left_out = [](const NodeState& node) {
        const NodeRow& row = node.row;
        return row.status == NodeStatus::cancelled ||
               (row.status == NodeStatus::skipped && is_left_out(row.reason, !row.error.empty()));
    };
    return static_cast<int>(
        std::count_if(release.nodes.begin(), release.nodes.end(), was_left_out));
}

int left_out_failures(const Release& release) {
    if (release.seen.catches_up || has_mutant(Mutant::left_out_is_success)) return 0;
    const auto is_left_out = [](const NodeState& node) {
        return is_set_aside(node.row) && !node.row.is_waived;
    };
    return static_cast<int>(std::count_if(release.nodes.begin(), release.nodes.end(), is_left_out));
}

int waivable(const Release& release) {
    return release.counts.failed + excess_deferrals(release);
}

int deferrals_allowed(const Release& release) {
    return release.seen.policy.limits.max_unreachable.of(static_cast<int>(release.members));
}

}  // namespace edgeroll::release
