// control::Agents over simulated nodes and a network that loses, delays and repeats messages.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "control/core/ports.hpp"
#include "faults.hpp"
#include "sim_node.hpp"
#include "waiting.hpp"
#include "witness.hpp"

namespace edgeroll::sim {

/// The state that all control processes share.
struct Network {
    std::map<std::string, std::unique_ptr<SimNode>>& nodes;  ///< by address
    Timeline& timeline;
    Faults& faults;
    Trace& trace;
    Witness& witness;
    Millis latency_max{20};
    Millis connect_timeout{3'000};
    Millis request_timeout{10'000};
    std::map<std::string, Instant> cut_until;  ///< by owner: it reaches no node before
    [[nodiscard]] bool is_cut(const std::string& owner) const {
        const auto found = cut_until.find(owner);
        return found != cut_until.end() && timeline.now() < found->second;
    }
    std::map<std::string, Instant> asked_at;  ///< by task: when a question about it arrived
    /// Called just after a message of this owner was delivered.
    std::function<void(const std::string& owner)> on_delivered;
};

class SimAgents final : public control::Agents {
  public:
    SimAgents(Network& network, ControlContext& context, std::string owner, Rng rng)
        : network_(network), context_(context), owner_(std::move(owner)), rng_(rng) {}

    boost::asio::awaitable<release::Answer> dispatch(release::Address to, std::string task_id,
                                                     std::shared_ptr<const control::Parcel> parcel,
                                                     Sending sending, Millis time_left,
                                                     Millis at_most) override;
    boost::asio::awaitable<bool> is_back(release::Address to) override;
    boost::asio::awaitable<release::Pulse> state(release::Address to, Millis at_most) override;
    boost::asio::awaitable<bool> holds(release::Address to, std::string sha256,
                                       Millis at_most) override;
    boost::asio::awaitable<release::Answer> query(release::Address to, std::string task_id,
                                                  Millis hold, Millis at_most) override;
    boost::asio::awaitable<release::Answer> cancel(release::Address to, std::string task_id,
                                                   Millis at_most) override;

  private:
    /// Late: possibly long after the sender has given up.
    enum class Timing { prompt, late };
    using Caller = std::weak_ptr<Waiting<release::Answer>>;

    boost::asio::awaitable<release::Answer> send(std::string address, Message message);
    using Asker = std::weak_ptr<Waiting<release::Pulse>>;
    void ask_state(const std::string& address, Millis at_most, const Asker& asker);
    void put_on_the_wire(const std::string& address, const Message& message, const Caller& caller);
    void deliver(Millis span, SimNode& node, const Message& message, const Caller& caller,
                 Millis back, Timing timing = Timing::prompt);
    void answer(Millis span, const Caller& caller, release::Heard heard, const char* why);
    [[nodiscard]] Millis latency(const SimNode& node);

    Network& network_;
    ControlContext& context_;
    std::string owner_;
    Rng rng_;
};

}  // namespace edgeroll::sim
