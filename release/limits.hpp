// The limits that stop a release: failure limits (docs/contract.md 4.4) and time limits
// (docs/contract.md section 6).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "release/model.hpp"

namespace edgeroll::release {

/// Why no further node may be dispatched, as text for last_error; nothing while within the failure
/// limits. Waived failures do not count.
[[nodiscard]] std::optional<std::string> exceeded_limit(const Release& release);

/// Working time from the start until now, without the pauses.
[[nodiscard]] Millis worked(const Release& release, Instant now);

/// Which of batch_timeout_sec and release_timeout_sec has passed.
enum class TimeLimit { none, batch, release };
[[nodiscard]] TimeLimit exceeded_time(const Release& release, Instant now);
/// The limit as text for last_error.
[[nodiscard]] std::string describe(TimeLimit limit, const Policy& policy);

/// When the earlier of the two limits passes if there is no pause; `never` without limits.
[[nodiscard]] Instant time_limit(const Release& release, Instant now);

/// A node's time from dispatch to its end: node_timeout_sec, or the type's own default.
[[nodiscard]] Millis node_timeout(const Release& release);
/// The type's own default. @param of_apply_config RELEASE_NODE_TIMEOUT_SEC
[[nodiscard]] Millis default_timeout(TaskType type, Millis of_apply_config);

/// The message of rows that are skipped because they are not part of the plan
/// (ReasonKind::added_late).
inline constexpr std::string_view added_late_text = "added after the release was started";

/// Nodes that were skipped (release::is_left_out for their reasons) or cancelled, and that a later
/// retry of other nodes left out: with any of them a release is no success (I6). O(nodes).
[[nodiscard]] int left_out(const Release& release);

/// Failed nodes that the last retry of other nodes left out and that no operator had waived: with
/// any of them a release is no success either. O(nodes).
[[nodiscard]] int left_out_failures(const Release& release);

/// How many nodes may be deferred.
[[nodiscard]] int deferrals_allowed(const Release& release);

/// What a continue waives now: the failures, and the rows that an operator deferred beyond the
/// allowed number.
[[nodiscard]] int waivable(const Release& release);

}  // namespace edgeroll::release
