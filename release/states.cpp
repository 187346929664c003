#include "release/states.hpp"

#include <array>
#include <cstddef>

namespace edgeroll::release {
namespace {

constexpr std::array<std::string_view, 6> release_words{"pending", "running", "paused",
                                                        "success", "failed",  "cancelled"};
constexpr std::array<std::string_view, 5> batch_words{"", "running", "paused", "stopped",
                                                      "completed"};
constexpr std::array<std::string_view, 7> node_words{"pending", "running",  "success",  "failed",
                                                     "skipped", "deferred", "cancelled"};
constexpr std::array<std::string_view, 7> failure_words{
    "", "unreachable", "tls", "rejected", "exec_failed", "timeout", "lost"};
constexpr std::array<std::string_view, 5> task_words{"pending", "running", "success", "failed",
                                                     "cancelled"};
constexpr std::array<std::string_view, 4> action_words{"", "pause", "continue", "stop"};
constexpr std::array<std::string_view, 8> hold_words{"",        "bake",      "gate",     "review",
                                                     "failure", "violation", "interval", "window"};
constexpr std::array<std::string_view, 4> type_words{"apply_config", "reload", "purge_cache",
                                                     "run_job"};

template <class Status, std::size_t N>
std::optional<Status> find(const std::array<std::string_view, N>& words, std::string_view text) {
    for (std::size_t i = 0; i < N; ++i) {
        if (words[i] == text) return static_cast<Status>(i);
    }
    return std::nullopt;
}

}  // namespace

std::string_view to_text(ReleaseStatus status) {
    return release_words.at(static_cast<std::size_t>(status));
}
std::string_view to_text(BatchStatus status) {
    return batch_words.at(static_cast<std::size_t>(status));
}
std::string_view to_text(NodeStatus status) {
    return node_words.at(static_cast<std::size_t>(status));
}
std::string_view to_text(FailureKind kind) {
    return failure_words.at(static_cast<std::size_t>(kind));
}
std::string_view to_text(TaskStatus status) {
    return task_words.at(static_cast<std::size_t>(status));
}
std::string_view to_text(Action action) {
    return action_words.at(static_cast<std::size_t>(action));
}
std::string_view to_text(Hold hold) {
    return hold_words.at(static_cast<std::size_t>(hold));
}
std::string_view to_text(TaskType type) {
    return type_words.at(static_cast<std::size_t>(type));
}

template <>
std::optional<ReleaseStatus> from_text<ReleaseStatus>(std::string_view text) {
    return find<ReleaseStatus>(release_words, text);
}
template <>
std::optional<BatchStatus> from_text<BatchStatus>(std::string_view text) {
    return find<BatchStatus>(batch_words, text);
}
template <>
std::optional<NodeStatus> from_text<NodeStatus>(std::string_view text) {
    return find<NodeStatus>(node_words, text);
}
template <>
std::optional<FailureKind> from_text<FailureKind>(std::string_view text) {
    return find<FailureKind>(failure_words, text);
}
template <>
std::optional<TaskStatus> from_text<TaskStatus>(std::string_view text) {
    return find<TaskStatus>(task_words, text);
}
template <>
std::optional<Action> from_text<Action>(std::string_view text) {
    return find<Action>(action_words, text);
}
template <>
std::optional<Hold> from_text<Hold>(std::string_view text) {
    return find<Hold>(hold_words, text);
}
template <>
std::optional<TaskType> from_text<TaskType>(std::string_view text) {
    return find<TaskType>(type_words, text);
}

}  // namespace edgeroll::release
