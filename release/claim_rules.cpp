#include "release/claim_rules.hpp"

namespace edgeroll::release {

bool is_resting(const Release& release) {
    const bool is_waiting =
        release.seen.status == ReleaseStatus::paused || release.seen.hold != Hold::none;
    return is_waiting && release.counts.running == 0;
}

bool needs_place(const Release& release) {
    return release.is_observed && !is_resting(release) && !release.seen.is_ended &&
           !is_final(release.seen.status) && release.seen.batch_status != BatchStatus::stopped;
}

std::optional<std::string> why_left_to_others(const Snapshot& seen) {
    const bool is_to_be_sent =
        seen.current_batch > 0 && seen.requested == Action::none && !seen.aborted_for;
    if (seen.closed.empty() || !is_to_be_sent) return std::nullopt;
    return seen.closed;
}

}  // namespace edgeroll::release
