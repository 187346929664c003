// Wakes all coroutines that wait for a change.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <set>

#include "release/time.hpp"
#include "tls/rt/clock.hpp"

namespace edgeroll::agent {

/// Loop thread only. Must outlive its waiters.
class Notifier {
  public:
    /// @param clock must outlive this
    explicit Notifier(rt::Clock& clock) : clock_(clock) {}
    /// Returns at the next notify_all() or at `until`, whichever is first. Check the condition
    /// again afterwards.
    boost::asio::awaitable<void> wait_until(release::Instant until);
    void notify_all();

  private:
    rt::Clock& clock_;
    std::set<rt::Timer*> waiting_;
};

}  // namespace edgeroll::agent
