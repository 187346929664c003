// Commits and events drawn by chance. What a script may want of a new field goes in here.
#pragma once

#include <string>
#include <vector>

#include "release/step.hpp"
#include "tests/sim/rng.hpp"
#include "tests/sim/sim_rows.hpp"

namespace edgeroll::differential {

/// What agents say next: last words of some running nodes (now and then of one that does not run),
/// or that the time asked for has come.
[[nodiscard]] std::vector<release::Event> draw_events(const release::Release& state, sim::Rng& rng);

/// A commit that the core would hardly want: about half of them fit what is there, the others are
/// wrong in one or more ways. @param row null if the release is gone
[[nodiscard]] release::Commit draw_commit(const sim::ReleaseRow* row,
                                          const std::vector<sim::TaskRow>& rows, sim::Rng& rng);

/// For the log of a failing script.
[[nodiscard]] std::string describe(const release::Commit& commit);

}  // namespace edgeroll::differential
