// Wakes everybody who waits for something to have changed.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <set>

#include "release/time.hpp"

namespace edgeroll::agent {

/// Loop thread only. Must outlive those who wait.
class Bell {
  public:
    explicit Bell(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}
    /// Returns at the next ring or after `at_most`, whichever is first. Look again afterwards.
    boost::asio::awaitable<void> wait(release::Millis at_most);
    void ring();

  private:
    boost::asio::any_io_executor executor_;
    std::set<boost::asio::steady_timer*> waiting_;
};

}  // namespace edgeroll::agent
