#include "release/step/ramp.hpp"

#include <algorithm>
#include <cstdint>

#include "release/mutant.hpp"

namespace edgeroll::release {

bool is_held_by_ramp(const Release& release, const BatchState& batch) {
    const Snapshot& seen = release.seen;
    const bool is_large = batch.end - batch.begin > release.rules.ramp_above;
    const bool has_ramp = seen.is_planned && seen.policy.ramp > 0 && !seen.rolls_back;
    if (!is_large || !has_ramp || has_mutant(Mutant::ramp_ignored)) return false;
    const std::int64_t grown = std::int64_t{seen.policy.ramp} * batch.counts.success;
    return batch.counts.running >= std::max<std::int64_t>(release.rules.ramp_least, grown);
}

}  // namespace edgeroll::release
