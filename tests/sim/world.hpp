// One simulation: a fleet, a database, some control processes, releases, and faults; all from a
// seed. First safety under faults, then faults stop and everything must finish.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "faults.hpp"
#include "operator.hpp"
#include "sim_control.hpp"
#include "timeline.hpp"
#include "trace.hpp"
#include "witness.hpp"
#include "world_plan.hpp"

namespace edgeroll::sim {

struct Outcome {
    std::uint64_t hash = 0;
    std::uint64_t steps = 0;
    Millis virtual_time{0};
    std::vector<std::string> violations;
    FaultCounts faults{};
    std::vector<std::string> trace;  ///< if requested
    int releases_success = 0, releases_failed = 0, releases_cancelled = 0;
    int rollbacks = 0;                        ///< of these, releases that undo another release
    std::map<std::string, int> reconciled{};  ///< nodes, by cause and outcome
};

class World {
  public:
    explicit World(std::uint64_t seed, bool keeps_text = false);
    ~World();
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    /// Runs to the end, or to the first violation.
    [[nodiscard]] Outcome run();

  private:
    void build_fleet();
    void build_releases();
    void insert_release(int number);
    [[nodiscard]] release::Policy draw_policy(bool is_to_plan);
    [[nodiscard]] release::Gate draw_gate(int number);
    [[nodiscard]] int draw_batch_size();
    void start_controls();
    void trouble();
    void trouble_controls();
    void trouble_agents();
    /// A pipeline deletes a release and inserts its version again (world_again.cpp).
    void perhaps_make_again();
    [[nodiscard]] bool may_be_made_again(const ReleaseRow& row) const;
    void make_again(release::ReleaseId id);
    void perhaps_crash(const std::string& owner);
    void restart_later(SimControl& control);
    void heal();
    void keep_settling();
    [[nodiscard]] bool is_everything_finished() const;
    void end_reconciliation();
    void run_while(Instant end, bool ends_when_finished);

    Rng rng_;
    WorldPlan plan_;
    Timeline timeline_;
    Trace trace_;
    Faults faults_;
    Witness witness_;
    SimDatabase database_;
    std::map<std::string, std::unique_ptr<SimNode>> nodes_;
    std::vector<SimNode*> node_list_;
    DatabaseServer server_;
    Network network_;
    Operator operator_;
    std::vector<std::unique_ptr<SimControl>> controls_;
    int batches_ = 0;
    int releases_to_come_ = 0;
    int made_again_ = 0;
};

}  // namespace edgeroll::sim
