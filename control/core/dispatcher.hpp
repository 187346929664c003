// Talks to agents: one conversation per running node, as decided by release::Conversation.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>

#include "control/core/ports.hpp"
#include "control/core/reached.hpp"
#include "control/core/slots.hpp"
#include "release/conversation.hpp"
#include "release/step.hpp"

namespace edgeroll::control {

struct DispatcherOptions {
    release::ConversationRules rules;
    int max_in_flight = 256;  ///< RELEASE_EXECUTOR_MAX_IN_FLIGHT
    int max_held = 1024;      ///< limit on open requests with ?wait=; beyond it agents are polled
};

/// Ties conversations to the state that started them. The runner makes a new one whenever it
/// discards its state; conversations of the old one stop sending and reporting.
struct Lifeline {
    release::ReleaseId release;  ///< its requests are counted for this release
    bool is_cut = false;
    bool is_stopping = false;       ///< no more dispatches; running tasks are still watched
    release::Instant good_until{};  ///< nothing is sent after it (Claim::good_until)
    std::function<void(release::Event)> report;

    [[nodiscard]] bool may_send(release::Instant now) const { return !is_cut && now < good_until; }
};

/// Loop thread. Must outlive the io_context's coroutines.
class Dispatcher {
  public:
    Dispatcher(boost::asio::any_io_executor executor, Agents& agents, Clock& clock, Random& random,
               Observer& observer, DispatcherOptions options);

    /// Starts the conversation; its events go to lifeline->report.
    /// @param parcel what the node gets; without a payload: the content is gone or differs from
    /// that at the start
    void start(release::StartConversation what, std::shared_ptr<const Parcel> parcel,
               std::shared_ptr<Lifeline> lifeline);
    /// Asks the agent to cancel, repeatedly while it cannot be reached; from now on no conversation
    /// of this lifeline dispatches anything.
    /// @param sent what the answer must be about
    void cancel(release::CancelTask what, release::Order sent, std::shared_ptr<Lifeline> lifeline);

    /// Open requests to agents; held requests do not count.
    [[nodiscard]] int in_flight() const { return in_flight_.used(); }

  private:
    boost::asio::awaitable<void> converse(release::StartConversation what,
                                          std::shared_ptr<const Parcel> parcel,
                                          std::shared_ptr<Lifeline> lifeline);
    boost::asio::awaitable<bool> await_turn(release::Instant not_before, const Lifeline& lifeline);
    /// @param may_refer the payload may be left out; set to false when the node needs it
    boost::asio::awaitable<release::Answer> send(const release::Move& move,
                                                 const release::StartConversation& what,
                                                 const std::shared_ptr<const Parcel>& parcel,
                                                 bool& may_refer);
    /// Time until `end`, and at least the grace given to every request.
    [[nodiscard]] release::Millis time_until(release::Instant end) const;
    boost::asio::awaitable<void> try_cancel(release::CancelTask what, release::Order sent,
                                            std::shared_ptr<Lifeline> lifeline);

    boost::asio::any_io_executor executor_;
    Agents& agents_;
    Clock& clock_;
    Random& random_;
    Observer& observer_;
    DispatcherOptions options_;
    Slots in_flight_;
    Reached reached_;
    int held_ = 0;
};

}  // namespace edgeroll::control
