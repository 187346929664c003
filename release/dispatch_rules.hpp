// The rules that a release sets for a conversation: whether it may send the task, and how long the
// agent may hold a question.
#pragma once

#include <optional>
#include <string>

#include "release/conversation.hpp"

namespace edgeroll::release {

/// The facts when a conversation wants to dispatch: that the agent does not have the task.
struct DispatchState {
    bool is_stopping = false;   ///< the release dispatches no further task
    bool is_forgotten = false;  ///< Conversation::is_forgotten
    bool has_content = false;   ///< the content is unchanged since the start of the release
    std::string problem;        ///< why the content is missing, if known
};

/// How the node ends without being sent its task; nothing: the task may be sent.
[[nodiscard]] std::optional<Verdict> verdict_unsent(const DispatchState& state);

/// The rules for a task of that type. A held answer hides the progress of the task. Tasks of a few
/// seconds are best held as long as possible; a job that runs for an hour is polled often enough to
/// watch it, over a kept connection.
[[nodiscard]] ConversationRules rules_for(ConversationRules rules, TaskType type);

}  // namespace edgeroll::release
