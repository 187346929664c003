// Why a node row is as it is, as a word that programs may read (release_task_nodes.reason_kind).
// The sentence beside it, error_msg, is for people: nothing is decided by it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "release/states.hpp"

namespace edgeroll::release {

/// A failed row has `none`: its FailureKind says why.
enum class ReasonKind {
    none,
    release_failed,  ///< not dispatched: a limit, a gate, or a release that is impossible
    stopped,         ///< an operator stopped the release
    ended_by_hand,   ///< the release was set to a final status by hand
    added_late,      ///< the row was added after the release was started
    disabled,        ///< the node was disabled at its turn
    maintenance,     ///< the node was in maintenance at its turn
    unreachable,     ///< nobody answers there
    refusing,        ///< the agent is reached, and does not take the task
    silent,          ///< the agent may have the task, and does not tell of it
};
inline constexpr std::size_t reason_kind_count = static_cast<std::size_t>(ReasonKind::silent) + 1;

/// The database's word; empty for `none`.
[[nodiscard]] std::string_view to_text(ReasonKind kind);
/// Nothing for a word that is not known; empty text is `none`.
template <>
std::optional<ReasonKind> from_text<ReasonKind>(std::string_view text);

/// A row of this status can have this reason. False for `none`.
[[nodiscard]] bool may_stand_beside(ReasonKind kind, NodeStatus status);

/// The reason of a row as it was read. `none` where the word is empty or not known, and where it
/// belongs to another status: an older process, or a hand, changed the row and left the word of
/// before. Whoever decides by the reason must say what `none` means to it.
[[nodiscard]] ReasonKind reason_of_row(std::string_view word, NodeStatus status);

/// The node was to get the content, and something else than the node kept it from that: with such a
/// skipped row a release is no success (I6). A row with `none` that has a sentence counts as such a
/// row: an older process beside this one skipped it, for a reason that is not known here. Without a
/// sentence somebody skipped it by hand, which is no obstacle.
[[nodiscard]] bool is_left_out(ReasonKind kind, bool has_sentence);

/// What keeps a running task from being taken or asked for.
struct Trouble {
    ReasonKind kind = ReasonKind::none;  ///< unreachable, refusing or silent; none: nothing does
    std::string message;
    [[nodiscard]] bool is_none() const { return kind == ReasonKind::none; }
    friend bool operator==(const Trouble&, const Trouble&) = default;
};
/// "refusing: 503: disk full"; empty for none.
[[nodiscard]] std::string to_sentence(const Trouble& trouble);

}  // namespace edgeroll::release
