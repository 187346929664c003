// Why a node row has its status, as a word for programs (release_task_nodes.reason_kind). The
// message beside it, error_msg, is for people: no decision depends on it.
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
    release_failed,  ///< not dispatched: a limit, a gate, or an impossible release
    stopped,         ///< an operator stopped the release
    ended_by_hand,   ///< an operator wrote a final status of the release
    added_late,      ///< the row was added after the release was started
    disabled,        ///< the node was disabled when it was to start
    maintenance,     ///< the node was in maintenance when it was to start
    unreachable,     ///< the node does not answer
    refusing,        ///< the agent is reached but does not take the task
    silent,          ///< the agent may have the task but does not report it
};
inline constexpr std::size_t reason_kind_count = static_cast<std::size_t>(ReasonKind::silent) + 1;

/// The database's word; empty for `none`.
[[nodiscard]] std::string_view to_text(ReasonKind kind);
/// Nothing for an unknown word; empty text is `none`.
template <>
std::optional<ReasonKind> from_text<ReasonKind>(std::string_view text);

/// A row with this status can have this reason. False for `none`.
[[nodiscard]] bool may_stand_beside(ReasonKind kind, NodeStatus status);

/// The reason of a row as read. `none` if the word is empty or unknown, or belongs to another
/// status: an older process or an operator changed the row and left the old word. Code that decides
/// by the reason must define what `none` means to it.
[[nodiscard]] ReasonKind reason_of_row(std::string_view word, NodeStatus status);

/// The node was meant to get the content, and a cause outside the node prevented it: with such a
/// skipped row a release is no success (I6). A row with `none` and a message counts as such a row:
/// an older process skipped it for an unknown reason. Without a message an operator skipped it,
/// which does not prevent success.
[[nodiscard]] bool is_left_out(ReasonKind kind, bool has_sentence);

/// Why a running task is not taken or not reported.
struct Trouble {
    ReasonKind kind = ReasonKind::none;  ///< unreachable, refusing or silent; none: no trouble
    std::string message;
    [[nodiscard]] bool is_none() const { return kind == ReasonKind::none; }
    friend bool operator==(const Trouble&, const Trouble&) = default;
};
/// "refusing: 503: disk full"; empty for none.
[[nodiscard]] std::string to_sentence(const Trouble& trouble);

}  // namespace edgeroll::release
