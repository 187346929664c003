// All status words of docs/contract.md section 3, spelled as in the database and in JSON.
#pragma once

#include <optional>
#include <string_view>

namespace edgeroll::release {

enum class ReleaseStatus { pending, running, paused, success, failed, cancelled };
enum class BatchStatus { none, running, paused, stopped, completed };
enum class NodeStatus { pending, running, success, failed, skipped, deferred, cancelled };
enum class FailureKind { none, unreachable, tls, rejected, exec_failed, timeout, lost };
enum class TaskStatus { pending, running, success, failed, cancelled };
/// The action that an operator requested in release_tasks.requested_action.
enum class Action { none, pause, resume, stop };

/// Why a release waits between two batches (release_tasks.hold). bake, gate, interval and window
/// end by themselves; review (pause_after_batch or an operator's pause), failure (on_failure:
/// pause) and violation wait for an operator.
enum class Hold { none, bake, gate, review, failure, violation, interval, window };
/// What happens when a failure limit is exceeded (on_failure of batch_config).
enum class OnFailure { stop, pause, rollback };
/// What agents are asked to do (release_tasks.type).
enum class TaskType {
    apply_config,  ///< puts a version live
    reload,        ///< reloads the live version
    purge_cache,   ///< AGENT_PURGE_CMD
    run_job,       ///< programs of AGENT_JOBS_DIR
};

/// The database's word; empty for `none`. Action::resume is spelled `continue`.
[[nodiscard]] std::string_view to_text(ReleaseStatus status);
[[nodiscard]] std::string_view to_text(BatchStatus status);
[[nodiscard]] std::string_view to_text(NodeStatus status);
[[nodiscard]] std::string_view to_text(FailureKind kind);
[[nodiscard]] std::string_view to_text(TaskStatus status);
[[nodiscard]] std::string_view to_text(Action action);
[[nodiscard]] std::string_view to_text(Hold hold);
[[nodiscard]] std::string_view to_text(OnFailure what);
[[nodiscard]] std::string_view to_text(TaskType type);

/// The value of a word; nothing for a word outside the contract. Empty text is `none` if the type
/// has that value.
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
template <>
std::optional<Hold> from_text<Hold>(std::string_view text);
template <>
std::optional<OnFailure> from_text<OnFailure>(std::string_view text);
template <>
std::optional<TaskType> from_text<TaskType>(std::string_view text);

/// A release of this type needs content, which describes the work; without content the other types
/// reload the live version.
[[nodiscard]] constexpr bool needs_content(TaskType type) {
    switch (type) {
        case TaskType::purge_cache:
        case TaskType::run_job:
            return true;
        case TaskType::apply_config:
        case TaskType::reload:
            break;
    }
    return false;
}
/// The hold waits for no operator: it ends at its time.
[[nodiscard]] constexpr bool ends_by_itself(Hold hold) {
    return hold == Hold::bake || hold == Hold::gate || hold == Hold::interval ||
           hold == Hold::window;
}
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
