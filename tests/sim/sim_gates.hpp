// control::Gates in the simulated world: gates that pass, refuse, are unsure, have no data, or do
// not answer in time. Prometheus answers with text, which the real reader reads.
#pragma once

#include <string>

#include "control/core/ports.hpp"
#include "sim_agents.hpp"

namespace edgeroll::sim {

class SimGates final : public control::Gates {
  public:
    SimGates(Network& network, ControlContext& context, std::string owner)
        : network_(network), context_(context), owner_(std::move(owner)) {}

    boost::asio::awaitable<release::GateAnswer> ask(release::AskGate what, Millis at_most) override;

  private:
    /// What it answers now, and whether that truly is a pass.
    struct Reply {
        release::GateAnswer answer;
        bool is_pass = false, is_slow = false;
    };
    Reply reply_of_url();
    Reply reply_of_prometheus(const release::AskGate& what);

    Network& network_;
    ControlContext& context_;
    std::string owner_;
};

}  // namespace edgeroll::sim
