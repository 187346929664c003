// Which progress, and which trouble, of one conversation is worth an event: each is a write.
#pragma once

#include <optional>
#include <string>

#include "release/conversation.hpp"

namespace edgeroll::release {

class ProgressThrottle {
  public:
    /// @param trouble what an earlier process wrote (StartConversation::trouble): the first answer
    /// without any tells that it is over
    ProgressThrottle(NodeId node, std::string task_id, Trouble trouble);

    /// The event for an answer: at most one a second, and only while the task gets further.
    /// Progress is for people; what is left out comes with a later answer.
    [[nodiscard]] std::optional<Progressed> answered(const Answer& answer, Instant now);

    /// The event for what is in the way now: trouble that has lasted for 2 s, other trouble at most
    /// every 10 s (with a dark region it is that of hundreds of rows), and at once that it is over.
    [[nodiscard]] std::optional<Progressed> troubled(
        const std::optional<Conversation::Trouble>& trouble, Instant now);

  private:
    [[nodiscard]] Progressed event() const;

    NodeId node_;
    std::string task_id_;
    int progress_ = 0;   ///< told last
    Instant told_at_{};  ///< ... then
    Trouble trouble_;    ///< told last
    Instant trouble_told_at_{};
};

}  // namespace edgeroll::release
