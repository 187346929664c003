#include "sim_control.hpp"

#include <utility>

#include "sim_gates.hpp"
#include "tls/rt/spawn.hpp"

namespace edgeroll::sim {
namespace {

class SimRandom final : public control::Random {
  public:
    explicit SimRandom(Rng rng) : rng_(rng) {}
    double fraction() override { return rng_.fraction(); }

  private:
    Rng rng_;
};

class SimObserver final : public control::Observer {
  public:
    SimObserver(Network& network, std::string owner)
        : network_(network), owner_(std::move(owner)) {}

    void note(control::Severity, std::string_view event, const control::Fields& fields) override {
        std::string line(event);
        for (const auto& [name, value] : fields) {
            line += " ";
            line += name;
            line += "=";
            line += value;
        }
        network_.trace.note(network_.timeline.now(), owner_, line);
    }
    void gate_answered(release::GateAnswer::Kind) override {}
    void dispatch_took(Millis) override {}
    void node_finished(release::NodeStatus, release::FailureKind, Millis) override {}
    void agent_error(release::Heard) override {}
    void database_error(release::Outcome) override {}
    void lease_lost() override {}
    void reconciled(std::string_view /*outcome*/) override {}
    void violation(const release::Violation& violation) override {
        network_.witness.violated("core " + violation.invariant, violation.detail);
    }

  private:
    Network& network_;
    std::string owner_;
};

boost::asio::awaitable<void> stop_and_tell(control::Supervisor& supervisor, Millis grace,
                                           std::shared_ptr<bool> is_stopped) {
    co_await supervisor.stop(grace);
    *is_stopped = true;
}

}  // namespace

class SimControl::Process {
  public:
    Process(std::string owner, DatabaseServer& database, Network& network,
            control::SupervisorOptions options,
            const std::optional<release::HeartbeatRules>& heartbeats,
            const std::optional<release::ReconcileRules>& reconcile, Rng& rng)
        : owner_(std::move(owner)),
          context_(std::make_unique<ControlContext>()),
          clock_(network.timeline, *context_, Millis{rng.between(0, 100'000'000)}),
          store_(database, *context_, clock_, owner_, rng.fork()),
          agents_(network, *context_, owner_, rng.fork()),
          gates_(network, *context_, owner_),
          random_(rng.fork()),
          observer_(network, owner_),
          supervisor_(control::make_supervisor(context_->get_executor(), store_, agents_, gates_,
                                               clock_, random_, observer_, options)) {
        supervisor_->start();
        if (!heartbeats) return;
        control::HeartbeatOptions beats;
        beats.name = owner_;
        beats.lease = options.lease;
        beats.rules = *heartbeats;
        heartbeats_ = control::make_heartbeat_loop(context_->get_executor(), store_, agents_,
                                                   clock_, observer_, std::move(beats));
        heartbeats_->start();
        if (!reconcile) return;
        rt::spawn(
            context_->get_executor(), "reconciliation",
            control::run_reconciler(store_, agents_, clock_, observer_, *reconcile, Millis{5'000}));
    }

    ~Process() {
        context_->abandon();
        context_.reset();
        supervisor_.reset();
        heartbeats_.reset();
    }
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    void pump(int handlers_most) {
        context_->has_work = false;
        context_->restart();
        if (handlers_most < 0) {
            context_->poll();
            return;
        }
        for (int i = 0; i < handlers_most && context_->poll_one() > 0; ++i) {
        }
    }

    void stop(Millis grace, std::function<void()> on_stopped) {
        is_stopped_ = std::make_shared<bool>(false);
        on_stopped_ = std::move(on_stopped);
        context_->has_work = true;
        if (heartbeats_) rt::spawn(context_->get_executor(), "leave", heartbeats_->stop());
        rt::spawn(context_->get_executor(), "stop",
                  stop_and_tell(*supervisor_, grace, is_stopped_));
    }

    [[nodiscard]] bool has_work() const { return context_->has_work; }
    [[nodiscard]] bool is_stopping() const { return is_stopped_ != nullptr; }
    [[nodiscard]] bool is_stopped() const { return is_stopped_ && *is_stopped_; }
    [[nodiscard]] std::function<void()> take_on_stopped() { return std::move(on_stopped_); }
    [[nodiscard]] const std::string& owner() const { return owner_; }

  private:
    std::string owner_;
    std::unique_ptr<ControlContext> context_;
    SimClock clock_;
    SimStore store_;
    SimAgents agents_;
    SimGates gates_;
    SimRandom random_;
    SimObserver observer_;
    std::unique_ptr<control::Supervisor> supervisor_;
    std::unique_ptr<control::HeartbeatLoop> heartbeats_;
    std::shared_ptr<bool> is_stopped_;
    std::function<void()> on_stopped_;
};

SimControl::SimControl(int number, DatabaseServer& database, Network& network,
                       control::SupervisorOptions options,
                       std::optional<release::HeartbeatRules> heartbeats,
                       std::optional<release::ReconcileRules> reconcile, Rng rng)
    : number_(number),
      database_(database),
      network_(network),
      options_(options),
      heartbeats_(heartbeats),
      reconcile_(reconcile),
      rng_(rng) {}

SimControl::~SimControl() = default;

void SimControl::start() {
    const std::string owner =
        "control-" + std::to_string(number_) + ":" + std::to_string(++incarnation_);
    network_.trace.note(network_.timeline.now(), owner, "starts");
    paused_until_ = Instant{};
    process_ = std::make_unique<Process>(owner, database_, network_, options_, heartbeats_,
                                         reconcile_, rng_);
}

void SimControl::crash(int handlers_left) {
    if (!process_) return;
    if (handlers_left > 0 && !is_paused()) process_->pump(handlers_left);
    network_.trace.note(network_.timeline.now(), process_->owner(), "is killed");
    process_.reset();
}

void SimControl::pause_until(Instant until) {
    if (!process_) return;
    network_.trace.note(network_.timeline.now(), process_->owner(), "is paused");
    paused_until_ = until;
}

void SimControl::stop(Millis grace, std::function<void()> on_stopped) {
    if (!process_ || process_->is_stopping()) return;
    network_.trace.note(network_.timeline.now(), process_->owner(), "is told to stop");
    process_->stop(grace, std::move(on_stopped));
}

void SimControl::pump() {
    if (!process_ || is_paused() || !process_->has_work()) return;
    process_->pump(-1);
    if (!process_->is_stopped()) return;
    const std::function<void()> on_stopped = process_->take_on_stopped();
    network_.trace.note(network_.timeline.now(), process_->owner(), "has stopped");
    process_.reset();
    if (on_stopped) on_stopped();
}

bool SimControl::is_stopping() const {
    return process_ && process_->is_stopping();
}

bool SimControl::is_paused() const {
    return network_.timeline.now() < paused_until_;
}

std::string SimControl::owner() const {
    return process_ ? process_->owner() : "";
}

bool SimControl::owns(const std::string& owner) const {
    return process_ && process_->owner() == owner;
}

}  // namespace edgeroll::sim
