// What a seed is about. A bug that needs three faults of one sort in a row hardly shows in a mix of
// everything, where others get in the way or excuse what it does. So about half of the seeds are
// worlds of one theme: few kinds of faults, and those often, on a fleet and with policies that
// suit.
#pragma once

#include <vector>

#include "faults.hpp"
#include "rng.hpp"

namespace edgeroll::sim {

struct WorldPlan;

enum class Theme {
    mixed,      ///< a swarm: each seed has its own share of everything
    doubt,      ///< commits whose outcome nobody knows
    fences,     ///< owners follow each other while dispatches are late and agents restart
    gates,      ///< owners follow each other while gates are asked
    steering,   ///< pauses, continues and stops, at any moment
    pauses,     ///< long pauses, and limits of time
    rows,       ///< rows are deleted, come late and come again
    retries,    ///< nodes fail, and some of them are taken up again
    rollbacks,  ///< releases fail half-way and are undone
};

[[nodiscard]] Theme draw_theme(Rng& rng);

/// All that goes wrong in a world of this theme; empty for the mixed one.
[[nodiscard]] const std::vector<ThemeFault>& faults_of(Theme theme);

/// Fleet, times and policies that bring the theme about.
void suit(WorldPlan& plan, Rng& rng);

}  // namespace edgeroll::sim
