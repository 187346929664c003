#include "release/limits.hpp"

#include <cstdint>

namespace edgeroll::release {

std::optional<std::string> exceeded_limit(const Release& release) {
    const Limits& limits = release.seen.policy.limits;
    if (release.counts.deferred > 0) {
        return std::to_string(release.counts.deferred) + " deferred, max_unreachable is 0";
    }
    const int failed = release.counts.failed;
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
    for (const BatchState& batch : release.batches) {
        const StatusCounts& counts = batch.counts;
        const std::int64_t dispatched_and_waiting =
            counts.pending + counts.running + counts.success + counts.failed + counts.cancelled;
        const std::int64_t allowed = *limits.max_batch_fail_rate_percent * dispatched_and_waiting;
        if (counts.failed > 0 && std::int64_t{counts.failed} * 100 > allowed) {
            return std::to_string(counts.failed) + " of " + std::to_string(dispatched_and_waiting) +
                   " in batch " + std::to_string(batch.number) +
                   " failed, max_batch_fail_rate is " +
                   std::to_string(*limits.max_batch_fail_rate_percent) + " %";
        }
    }
    return std::nullopt;
}

}  // namespace edgeroll::release
