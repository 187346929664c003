// Decides which progress and trouble of a conversation becomes an event: each event is a write.
#pragma once

#include <optional>
#include <string>

#include "release/conversation.hpp"

namespace edgeroll::release {

class ProgressThrottle {
  public:
    /// @param trouble what an earlier process wrote (StartConversation::trouble): the first answer
    /// without trouble ends it
    /// @param is_own_agent StartConversation::is_own_agent
    ProgressThrottle(NodeId node, std::string task_id, Trouble trouble, bool is_own_agent = false);

    /// The event for an answer: at most one a second, and only when the task has made progress, or
    /// when it shows, later than in the first answer, whether the agent tells capabilities.
    /// Progress is for display; a later answer carries what was left out.
    /// @param is_first the first answer: Attempted tells the capabilities
    [[nodiscard]] std::optional<Progressed> answered(const Answer& answer, Instant now,
                                                     bool is_first = false);

    /// The event for the present silence (Conversation::silent_since): one that has lasted for 2 s,
    /// and its end, both once.
    [[nodiscard]] std::optional<Progressed> fell_silent(Instant since, bool may_have_task,
                                                        Instant now);

    /// The event for the present trouble: trouble that has lasted for 2 s, a change of trouble at
    /// most every 10 s (an unreachable region means hundreds of rows), and the end of trouble at
    /// once.
    [[nodiscard]] std::optional<Progressed> troubled(
        const std::optional<Conversation::Trouble>& trouble, Instant now);

  private:
    [[nodiscard]] Progressed event() const;

    NodeId node_;
    std::string task_id_;
    int progress_ = 0;   ///< last reported
    Instant told_at_{};  ///< when it was reported
    Trouble trouble_;    ///< last reported
    Instant trouble_told_at_{};
    bool may_have_task_ = false;    ///< last reported
    Instant silent_since_ = never;  ///< last reported
    bool is_own_agent_;             ///< as the last answer told
};

}  // namespace edgeroll::release
