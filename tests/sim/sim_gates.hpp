// control::Gates in the simulated world: gates that pass, refuse, are unsure, or do not answer in
// time.
#pragma once

#include <string>

#include "control/core/ports.hpp"
#include "sim_agents.hpp"

namespace edgeroll::sim {

class SimGates final : public control::Gates {
  public:
    SimGates(Network& network, ControlContext& context, std::string owner)
        : network_(network), context_(context), owner_(std::move(owner)) {}

    boost::asio::awaitable<release::GateAnswer> ask(std::string url, Millis at_most) override;

  private:
    Network& network_;
    ControlContext& context_;
    std::string owner_;
};

}  // namespace edgeroll::sim
