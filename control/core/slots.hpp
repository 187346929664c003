// Places for requests to agents that coroutines wait for. Shares decides who gets the next one.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>

#include "control/core/shares.hpp"
#include "tls/rt/signal.hpp"

namespace edgeroll::control {

/// Loop thread. Every acquire() that returned needs one release() with the same arguments; no scope
/// guard, since frames destroyed by a dying io_context must not wake others.
class Slots {
  public:
    explicit Slots(int count) : shares_(count) {}

    boost::asio::awaitable<void> acquire(release::ReleaseId release, bool is_proven) {
        const Shares::Ticket ticket = shares_.ask(release, is_proven);
        rt::Signal turn;
        waiting_.emplace(ticket, &turn);
        give();
        co_await turn.wait();
    }

    void release(release::ReleaseId release, bool is_proven) {
        shares_.give_back(release, is_proven);
        give();
    }

    [[nodiscard]] int used() const { return shares_.used(); }

  private:
    void give() {
        while (const auto ticket = shares_.next()) {
            const auto found = waiting_.find(*ticket);
            rt::Signal* turn = found->second;
            waiting_.erase(found);
            turn->notify();
        }
    }

    Shares shares_;
    std::map<Shares::Ticket, rt::Signal*> waiting_;
};

}  // namespace edgeroll::control
