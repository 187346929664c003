// The weight of a claim for its owner: whether the release counts as active, and when this process
// leaves the release to other processes.
#pragma once

#include <optional>
#include <string>

#include "release/model.hpp"
#include "release/time.hpp"

namespace edgeroll::release {

/// The release is between batches and no node runs: owning it costs no work.
[[nodiscard]] bool is_resting(const Release& release);

/// The release has or will have work, so it needs a place among the active releases. A stop or any
/// other end needs no place.
[[nodiscard]] bool needs_place(const Release& release);

/// Why this process leaves a release to other processes after reading it; nothing: it keeps the
/// release. The reason is a missing key for its secret contents. The release has begun, so another
/// process has had the key, and the release is not at fault (before the start, the reading reports
/// the missing key in Snapshot::problems). A stop needs no content.
[[nodiscard]] std::optional<std::string> why_left_to_others(const Snapshot& seen);

/// A process does not reclaim a release for this long after leaving it to others.
inline constexpr Millis left_to_others_for{5'000};

}  // namespace edgeroll::release
