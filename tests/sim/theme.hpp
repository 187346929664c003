// The theme of a seed. A bug that needs three faults of one kind in a row hardly shows in a mix of
// everything, where other faults interfere or excuse its effect. So about half of the seeds are
// worlds of one theme: few kinds of faults, each of them often, with a matching fleet and matching
// policies.
#pragma once

#include <vector>

#include "faults.hpp"
#include "rng.hpp"

namespace edgeroll::sim {

struct WorldPlan;

enum class Theme {
    mixed,      ///< a swarm: each seed has its own share of every fault
    doubt,      ///< commits with an unknown outcome
    fences,     ///< owners change while dispatches are late and agents restart
    gates,      ///< owners change while gates are asked
    steering,   ///< pauses, continues and stops at any moment
    pauses,     ///< long pauses, and time limits
    rows,       ///< rows are deleted, added late and added again
    retries,    ///< nodes fail, and some of them are retried
    rollbacks,  ///< releases fail half-way and are undone
    silence,    ///< contents cut nodes off
    fleet,      ///< nodes and controls come and go under heartbeats
    reconcile,  ///< nodes lose what successes gave them
};

[[nodiscard]] Theme draw_theme(Rng& rng);

/// All faults in a world of this theme; empty for the mixed theme.
[[nodiscard]] const std::vector<ThemeFault>& faults_of(Theme theme);

/// Chooses a fleet, times and policies that suit the theme.
void suit(WorldPlan& plan, Rng& rng);

}  // namespace edgeroll::sim
