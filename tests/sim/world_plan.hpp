// The parameters of a seed: the number of nodes and controls, delays, settings.
#pragma once

#include "control/core/supervisor.hpp"
#include "release/fleet/reconciliation.hpp"
#include "rng.hpp"
#include "theme.hpp"
#include "timeline.hpp"

namespace edgeroll::sim {

/// The probabilities of the parts of a release's batch_config.
struct PolicyOdds {
    double policy = 0.7;  ///< that there is a batch_config at all
    double retries = 0.3;
    double gate = 0.2;
    double bake = 0.15;
    double pauses = 0.1;      ///< after each batch
    double time_limit = 0.1;  ///< of a batch, and of the release
    double rollback = 0.3;
    double many_batches = 0;  ///< small ones, always
    double parallel = 0.3;    ///< a limit on the nodes that run at once
    double one_batch = 0;     ///< a single batch with all nodes
};

struct WorldPlan {
    Theme theme = Theme::mixed;
    int controls = 1;
    int nodes = 1;
    int releases = 1;
    Millis lease{15'000};
    Millis latency_max{20};  ///< of a message or a database call, one way
    Millis connect_timeout{3'000};
    Millis request_timeout{10'000};
    Millis faults_for{120'000};  ///< then all faults end and everything must finish
    control::SupervisorOptions options;
    std::optional<release::HeartbeatRules> heartbeats;
    std::optional<release::ReconcileRules> reconcile;  ///< only with heartbeats
    PolicyOdds odds;
};

[[nodiscard]] WorldPlan draw_plan(Rng& rng);

/// The time allowed to finish once faults have stopped.
[[nodiscard]] Millis time_to_finish(const WorldPlan& plan, int batches);

}  // namespace edgeroll::sim
