// Every status word of SPEC.md section 3, once, as the database and JSON spell it.
#pragma once

#include <optional>
#include <string_view>

namespace edgeroll::release {

enum class ReleaseStatus { pending, running, paused, success, failed, cancelled };
enum class BatchStatus { none, running, paused, stopped, completed };
enum class NodeStatus { pending, running, success, failed, skipped, deferred, cancelled };
enum class FailureKind { none, unreachable, tls, rejected, exec_failed, timeout, lost };
enum class TaskStatus { pending, running, success, failed, cancelled };
/// What an operator asked for in release_tasks.requested_action.
enum class Action { none, pause, resume, stop };

/// The database's word; empty for `none`. Action::resume is spelled `continue`.
[[nodiscard]] std::string_view to_text(ReleaseStatus status);
[[nodiscard]] std::string_view to_text(BatchStatus status);
[[nodiscard]] std::string_view to_text(NodeStatus status);
[[nodiscard]] std::string_view to_text(FailureKind kind);
[[nodiscard]] std::string_view to_text(TaskStatus status);
[[nodiscard]] std::string_view to_text(Action action);

/// The value of a word; nothing for a word that is not in the contract. Empty text is `none` where
/// the type has it.
template <class Status>
[[nodiscard]] std::optional<Status> from_text(std::string_view text);

template <>
std::optional<ReleaseStatus> from_text<ReleaseStatus>(std::string_view text);
template <>
std::optional<BatchStatus> from_text<BatchStatus>(std::string_view text);
template <>
std::optional<NodeStatus> from_text<NodeStatus>(std::string_view text);
template <>
std::optional<FailureKind> from_text<FailureKind>(std::string_view text);
template <>
std::optional<TaskStatus> from_text<TaskStatus>(std::string_view text);
template <>
std::optional<Action> from_text<Action>(std::string_view text);

[[nodiscard]] constexpr bool is_final(ReleaseStatus status) {
    return status == ReleaseStatus::success || status == ReleaseStatus::failed ||
           status == ReleaseStatus::cancelled;
}
[[nodiscard]] constexpr bool is_final(NodeStatus status) {
    return status != NodeStatus::pending && status != NodeStatus::running;
}
[[nodiscard]] constexpr bool is_final(TaskStatus status) {
    return status != TaskStatus::pending && status != TaskStatus::running;
}

}  // namespace edgeroll::release
