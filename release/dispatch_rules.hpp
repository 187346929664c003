// What a conversation is told by its release: whether it may send the task, and how long its agent
// may hold a question.
#pragma once

#include <optional>
#include <string>

#include "release/conversation.hpp"

namespace edgeroll::release {

/// What is known when a conversation wants to dispatch: that the agent does not have the task.
struct DispatchState {
    bool is_stopping = false;   ///< nothing of the release is dispatched any more
    bool is_forgotten = false;  ///< Conversation::is_forgotten
    bool has_content = false;   ///< it is as it was when the release was started
    std::string problem;        ///< why there is none, where that is known
};

/// How the node ends instead of being sent its task; nothing: it may be sent.
[[nodiscard]] std::optional<Verdict> verdict_unsent(const DispatchState& state);

/// The rules for a task of that type. A held answer hides how far the task is: what is over in
/// seconds is best held as long as may be; a job that runs for an hour is asked often enough to
/// watch it, over a connection that is kept.
[[nodiscard]] ConversationRules rules_for(ConversationRules rules, TaskType type);

}  // namespace edgeroll::release
