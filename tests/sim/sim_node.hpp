// One edge node: the real apply machine and ledger (agent/apply) over a simulated disk, web server
// and journal. A crash loses everything outside the journal; the disk and the web server survive.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/apply/ledger.hpp"
#include "control/core/ports.hpp"
#include "faults.hpp"
#include "timeline.hpp"
#include "trace.hpp"

namespace edgeroll::sim {

class SimNode;

/// Is told what agents really do, independent of control.
class NodeWitness {
  public:
    virtual ~NodeWitness() = default;
    /// A dispatch was accepted: new, or already known. Not called for a refusal.
    virtual void taken(const SimNode& node, const agent::apply::Offer& offer, bool is_new) = 0;
    virtual void run_began(const SimNode& node, const std::string& task_id) = 0;
    virtual void run_ended(const SimNode& node, const std::string& task_id) = 0;
    virtual void finished(const SimNode& node, const agent::apply::Entry& task,
                          release::TaskStatus status) = 0;
    virtual void live_changed(const SimNode& node) = 0;
    virtual void wiped(const SimNode& node) = 0;
};

struct Message {
    enum class Kind { dispatch, query, cancel };
    Kind kind = Kind::query;
    std::string task_id;
    std::shared_ptr<const control::Parcel> parcel;  ///< dispatch
    Millis time_left{0};                            ///< dispatch
    Millis hold{0};                                 ///< query
    Millis at_most{0};                              ///< the sender gives up then
};

class SimNode {
  public:
    using Reply = std::function<void(release::Answer)>;

    SimNode(release::NodeId id, Timeline& timeline, Faults& faults, Trace& trace,
            NodeWitness& witness, Rng rng);

    /// A message has arrived. `reply` is called once, at once or (a held query) later.
    void receive(const Message& message, Reply reply);

    /// The agent process dies and its open connections break. It restarts after `downtime`.
    void crash(Millis downtime);
    /// The host is rebuilt: journal, versions and tasks are lost.
    void wipe();
    /// Somebody changes a file of what is live.
    void edit();

    [[nodiscard]] release::NodeId id() const { return id_; }
    [[nodiscard]] bool is_up() const { return is_up_; }
    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] std::optional<release::Version> live() const { return live_; }
    [[nodiscard]] bool is_live_whole() const;
    /// As its agent answers GET /state.
    [[nodiscard]] release::Observation observation() const;
    [[nodiscard]] bool is_busy() const;

    // The kind of node; set by the world's plan and by faults.
    bool is_two_call = false;
    bool is_blind = false;  ///< nobody looks at a content there
    bool is_dead = false;   ///< for ever
    Instant away_until{};   ///< no message gets through before
    Instant wrong_certificate_until{};
    Instant slow_until{};
    int queue_max = 16;

  private:
    struct Version {
        bool is_whole = false, is_checked = false, is_edited = false;
    };
    struct Hold {
        std::string task_id;
        Reply reply;
        std::uint64_t number = 0;
    };

    void receive_dispatch(const Message& message, const Reply& reply);
    void receive_query(const Message& message, Reply reply);
    void receive_cancel(const Message& message, const Reply& reply);
    [[nodiscard]] release::Answer report(const std::string& task_id) const;
    [[nodiscard]] release::TaskIdentity identity(const std::string& task_id) const;

    void write_journal();
    void limit_time(const std::string& task_id, Instant until);
    void start_next();
    void go_on(const std::string& task_id);
    [[nodiscard]] agent::apply::StepResult effect(const std::string& task_id,
                                                  agent::apply::StepName step);
    void set_course(const std::string& task_id, agent::apply::Course course);
    void ended(const std::string& task_id);
    void restart();
    void set_live(std::optional<release::Version> version);
    /// Runs `what` later unless the process has died meanwhile.
    void later(Millis span, std::function<void()> what);

    release::NodeId id_;
    std::string name_;
    Timeline& timeline_;
    Faults& faults_;
    Trace& trace_;
    NodeWitness& witness_;
    Rng rng_;

    // State of the process.
    bool is_up_ = true;
    std::uint64_t life_ = 0;  ///< callbacks of earlier lives do nothing
    agent::apply::Ledger ledger_;
    std::optional<std::string> running_;
    std::vector<Hold> holds_;
    std::uint64_t next_hold_ = 0;

    // State on the disk.
    agent::apply::Ledger journal_;
    std::map<std::string, Instant> time_limits_;
    std::map<release::Version, Version> versions_;
    std::map<std::string, std::optional<release::Version>> previous_;  ///< by task
    /// Repairs whose switch has exchanged the live folder for a new one; with what it was before.
    std::map<std::string, Version> exchanged_;
    std::optional<release::Version> live_;

    // State of the web server.
    std::optional<release::Version> loaded_;
};

}  // namespace edgeroll::sim
