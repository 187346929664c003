// Collects a release's events into groups that share one transaction.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <deque>
#include <memory>
#include <vector>

#include "control/core/ports.hpp"
#include "release/step.hpp"
#include "tls/rt/signal.hpp"

namespace edgeroll::control {

/// The mailbox of one runner. Events that arrive during a commit go into the next commit together;
/// under load it also waits for more (at most 20 ms), so that 10,000 results cost a few dozen
/// transactions. Loop thread.
class BatchWriter {
  public:
    explicit BatchWriter(Clock& clock) : clock_(clock) {}

    void add(release::Event event);
    /// Ends a waiting next_group() without an event: the runner has other work.
    void interrupt();
    /// Drops waiting events: they belong to a discarded state.
    void clear() { waiting_.clear(); }
    [[nodiscard]] const std::deque<release::Event>& waiting() const { return waiting_; }

    /// The first waiting events in order, at most so many; may be none.
    std::vector<release::Event> take(std::size_t most);
    /// The next events in order, at most release::events_per_step. Empty after interrupt().
    boost::asio::awaitable<std::vector<release::Event>> next_group();

  private:
    Clock& clock_;
    rt::Signal signal_;
    std::deque<release::Event> waiting_;
    bool is_interrupted_ = false;
    bool is_busy_ = false;  ///< the last group was large: more events are likely
};

}  // namespace edgeroll::control
