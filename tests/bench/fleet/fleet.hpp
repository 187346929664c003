// The fleet: one listener for all agents, and the loop that serves them in one thread.
#pragma once

#include <map>
#include <memory>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "release/result.hpp"
#include "tests/bench/fleet/agent.hpp"
#include "tests/bench/fleet/connection.hpp"
#include "tests/bench/fleet/record.hpp"
#include "tests/bench/fleet/timers.hpp"

namespace edgeroll::bench {

/// Times from `ms - spread_ms` to `ms + spread_ms`.
struct Spread {
    int ms = 0;
    int spread_ms = 0;
};

class Fleet {
  public:
    Fleet(ContextPtr context, std::vector<Agent> agents);
    Fleet(const Fleet&) = delete;
    Fleet& operator=(const Fleet&) = delete;
    ~Fleet();

    /// On every address of the machine; port 0: a free one. The port.
    release::Result<int> listen(int port);

    /// Serves until `on_input` returns false; it is called when standard input can be read.
    template <class OnInput>
    release::Result<void> serve(OnInput on_input) {
        while (true) {
            auto ready = wait();
            if (!ready) return tl::unexpected(ready.error());
            if (*ready && !on_input()) return {};
        }
    }

    void set_apply_time(Spread time) { apply_ = time; }
    /// Each node gets its own round trip, drawn from these ms; every flight of a client waits for
    /// it.
    void set_rtt(int from_ms, int to_ms);
    /// Nothing of the node is answered any more, not on kept connections either. False: no such
    /// node.
    bool set_dark(std::uint32_t number, bool is_dark);
    void light_all();
    /// Ends every connection without a held answer, as a pause longer than control keeps them does.
    /// How many.
    std::size_t close_idle();
    /// Tasks of this version fail there (every_version: all tasks). False: no such node.
    bool set_failing(std::uint32_t number, std::int64_t version);
    void clear_failing();

    Record& record() { return record_; }
    /// How many nodes have each content (by digest; empty: none).
    [[nodiscard]] std::map<std::string, std::size_t> applied() const;
    [[nodiscard]] std::size_t connections() const { return connections_.size(); }

  private:
    /// Waits for and serves one round of events; true: standard input can be read.
    release::Result<bool> wait();
    release::Result<void> accept_all();
    void on_ready(std::uint64_t id);
    void handle(Connection& connection);
    void answer(Connection& connection);
    void begin_task(Agent& agent, const std::string& task_id);
    void hold(Connection& connection, const Reaction& reaction);
    void end_hold(std::uint64_t id);
    void release_waiting(Agent& agent);
    void delay(Connection& connection);
    void watch(Connection& connection);
    void drop(std::uint64_t id);
    Agent* find(std::uint32_t number);

    ContextPtr context_;
    std::vector<Agent> agents_;
    std::unordered_map<std::uint32_t, Agent*> by_address_;
    std::unordered_map<std::uint32_t, Agent*> by_number_;
    std::unordered_map<std::uint64_t, std::unique_ptr<Connection>> connections_;
    std::uint64_t last_id_ = 1;  ///< 0 is the listener, 1 standard input
    std::uint64_t last_hold_ = 0;
    int epoll_ = -1;
    int listener_ = -1;
    Timers timers_;
    Record record_;
    Spread apply_{1500, 0};
    // Every run draws the same times.
    std::mt19937 random_{4711};  // NOLINT(cert-msc51-cpp)
};

}  // namespace edgeroll::bench
