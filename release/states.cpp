#include "release/states.hpp"

#include "release/words.hpp"

namespace edgeroll::release {
namespace {

constexpr Words<ReleaseStatus> release_words({
    {ReleaseStatus::pending, "pending"},
    {ReleaseStatus::running, "running"},
    {ReleaseStatus::paused, "paused"},
    {ReleaseStatus::success, "success"},
    {ReleaseStatus::failed, "failed"},
    {ReleaseStatus::cancelled, "cancelled"},
});
constexpr Words<BatchStatus> batch_words(none_is_empty, {
                                                            {BatchStatus::none, ""},
                                                            {BatchStatus::running, "running"},
                                                            {BatchStatus::paused, "paused"},
                                                            {BatchStatus::stopped, "stopped"},
                                                            {BatchStatus::completed, "completed"},
                                                        });
constexpr Words<NodeStatus> node_words({
    {NodeStatus::pending, "pending"},
    {NodeStatus::running, "running"},
    {NodeStatus::success, "success"},
    {NodeStatus::failed, "failed"},
    {NodeStatus::skipped, "skipped"},
    {NodeStatus::deferred, "deferred"},
    {NodeStatus::cancelled, "cancelled"},
});
constexpr Words<FailureKind> failure_words(none_is_empty,
                                           {
                                               {FailureKind::none, ""},
                                               {FailureKind::unreachable, "unreachable"},
                                               {FailureKind::tls, "tls"},
                                               {FailureKind::rejected, "rejected"},
                                               {FailureKind::exec_failed, "exec_failed"},
                                               {FailureKind::timeout, "timeout"},
                                               {FailureKind::lost, "lost"},
                                           });
constexpr Words<TaskStatus> task_words({
    {TaskStatus::pending, "pending"},
    {TaskStatus::running, "running"},
    {TaskStatus::success, "success"},
    {TaskStatus::failed, "failed"},
    {TaskStatus::cancelled, "cancelled"},
});
constexpr Words<Action> action_words(none_is_empty, {
                                                        {Action::none, ""},
                                                        {Action::pause, "pause"},
                                                        {Action::resume, "continue"},
                                                        {Action::stop, "stop"},
                                                    });
constexpr Words<Hold> hold_words(none_is_empty, {
                                                    {Hold::none, ""},
                                                    {Hold::bake, "bake"},
                                                    {Hold::gate, "gate"},
                                                    {Hold::review, "review"},
                                                    {Hold::failure, "failure"},
                                                    {Hold::violation, "violation"},
                                                    {Hold::interval, "interval"},
                                                    {Hold::window, "window"},
                                                });
constexpr Words<OnFailure> on_failure_words({
    {OnFailure::stop, "stop"},
    {OnFailure::pause, "pause"},
    {OnFailure::rollback, "rollback"},
});
constexpr Words<TaskType> type_words({
    {TaskType::apply_config, "apply_config"},
    {TaskType::reload, "reload"},
    {TaskType::purge_cache, "purge_cache"},
    {TaskType::run_job, "run_job"},
});

}  // namespace

std::string_view to_text(ReleaseStatus status) {
    return release_words.text(status);
}
std::string_view to_text(BatchStatus status) {
    return batch_words.text(status);
}
std::string_view to_text(NodeStatus status) {
    return node_words.text(status);
}
std::string_view to_text(FailureKind kind) {
    return failure_words.text(kind);
}
std::string_view to_text(TaskStatus status) {
    return task_words.text(status);
}
std::string_view to_text(Action action) {
    return action_words.text(action);
}
std::string_view to_text(Hold hold) {
    return hold_words.text(hold);
}
std::string_view to_text(OnFailure what) {
    return on_failure_words.text(what);
}
std::string_view to_text(TaskType type) {
    return type_words.text(type);
}

template <>
std::optional<ReleaseStatus> from_text<ReleaseStatus>(std::string_view text) {
    return release_words.value(text);
}
template <>
std::optional<BatchStatus> from_text<BatchStatus>(std::string_view text) {
    return batch_words.value(text);
}
template <>
std::optional<NodeStatus> from_text<NodeStatus>(std::string_view text) {
    return node_words.value(text);
}
template <>
std::optional<FailureKind> from_text<FailureKind>(std::string_view text) {
    return failure_words.value(text);
}
template <>
std::optional<TaskStatus> from_text<TaskStatus>(std::string_view text) {
    return task_words.value(text);
}
template <>
std::optional<Action> from_text<Action>(std::string_view text) {
    return action_words.value(text);
}
template <>
std::optional<Hold> from_text<Hold>(std::string_view text) {
    return hold_words.value(text);
}
template <>
std::optional<OnFailure> from_text<OnFailure>(std::string_view text) {
    return on_failure_words.value(text);
}
template <>
std::optional<TaskType> from_text<TaskType>(std::string_view text) {
    return type_words.value(text);
}

}  // namespace edgeroll::release
