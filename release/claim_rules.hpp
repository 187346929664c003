// What a claim on a release is worth to its owner: whether it takes a place among the releases at
// work, and when it is left to others.
#pragma once

#include <optional>
#include <string>

#include "release/model.hpp"
#include "release/time.hpp"

namespace edgeroll::release {

/// Between batches and nothing runs: owning it is no work.
[[nodiscard]] bool is_resting(const Release& release);

/// Work is begun or goes on, which needs a place among the releases at work. A stop, or another
/// end, waits for no place.
[[nodiscard]] bool needs_place(const Release& release);

/// Why a release that was just read is left to other processes; nothing: it is not. This process
/// lacks the key of its secret contents, and others have had it: the release has begun, so that the
/// missing key is no fault of it (before that the reading names it among Snapshot::problems). A
/// stop needs no content.
[[nodiscard]] std::optional<std::string> why_left_to_others(const Snapshot& seen);

/// For so long a process does not claim again what it has left to others.
inline constexpr Millis left_to_others_for{5'000};

}  // namespace edgeroll::release
