// What stops a release: failure limits (docs/contract.md 4.4) and time limits (docs/contract.md
// section 6).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "release/model.hpp"

namespace edgeroll::release {

/// Why no further node may be dispatched, in words for last_error; nothing while within the
/// failure limits. Waived failures count no more.
[[nodiscard]] std::optional<std::string> exceeded_limit(const Release& release);

/// Working time up to now: from the start, without the pauses.
[[nodiscard]] Millis worked(const Release& release, Instant now);

/// Which of batch_timeout_sec and release_timeout_sec is over.
enum class TimeLimit { none, batch, release };
[[nodiscard]] TimeLimit exceeded_time(const Release& release, Instant now);
/// In words for last_error.
[[nodiscard]] std::string describe(TimeLimit limit, const Policy& policy);

/// When the nearer of the two will be over if nothing pauses; `never` without any.
[[nodiscard]] Instant time_limit(const Release& release, Instant now);

/// From dispatch until a node must have finished: node_timeout_sec, or the type's own default.
[[nodiscard]] Millis node_timeout(const Release& release);
/// The type's own default. @param of_apply_config RELEASE_NODE_TIMEOUT_SEC
[[nodiscard]] Millis default_timeout(TaskType type, Millis of_apply_config);

/// The sentence of rows that are skipped because they were no part of the plan
/// (ReasonKind::added_late).
inline constexpr std::string_view added_late_text = "added after the release was started";

/// Nodes that were skipped (release::is_left_out of their reasons) or cancelled, and that a later
/// retry, of others, did not take up: with one of them a release is no success (I6). O(nodes).
[[nodiscard]] int left_out(const Release& release);

/// Failed nodes that the last retry, of others, did not take up, and that no operator had waived:
/// with one of them a release is no success either. O(nodes).
[[nodiscard]] int left_out_failures(const Release& release);

/// How many nodes may be deferred.
[[nodiscard]] int deferrals_allowed(const Release& release);

/// What an operator waives who continues now: the failures, and rows deferred by hand beyond what
/// is allowed.
[[nodiscard]] int waivable(const Release& release);

}  // namespace edgeroll::release
