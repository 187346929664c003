// What a node gets when a task of it starts: an id, a deadline, a conversation.
#pragma once

#include <string>

#include "release/model.hpp"
#include "release/step.hpp"

namespace edgeroll::release {

/// The id of the row's present attempt.
[[nodiscard]] std::string task_id_of(const Release& release, const NodeRow& row);

/// The latest end of a task that starts at `start`: the node's own time, limited by the time of its
/// batch and its release.
[[nodiscard]] Instant deadline_from(const Release& release, Instant start, Instant now);

/// The effect that looks after the task that the row names.
[[nodiscard]] StartConversation conversation_with(const NodeState& node);

}  // namespace edgeroll::release
