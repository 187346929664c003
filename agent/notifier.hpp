// Wakes everybody who waits for something to have changed.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <set>

#include "release/time.hpp"
#include "tls/rt/clock.hpp"

namespace edgeroll::agent {

/// Loop thread only. Must outlive those who wait.
class Notifier {
  public:
    /// @param clock must outlive this
    explicit Notifier(rt::Clock& clock) : clock_(clock) {}
    /// Returns at the next notify_all() or at `until`, whichever is first. Look again afterwards.
    boost::asio::awaitable<void> wait_until(release::Instant until);
    void notify_all();

  private:
    rt::Clock& clock_;
    std::set<rt::Timer*> waiting_;
};

}  // namespace edgeroll::agent
