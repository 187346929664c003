// Commits and events drawn at random. Add draws for new fields here.
#pragma once

#include <string>
#include <vector>

#include "release/step.hpp"
#include "tests/sim/rng.hpp"
#include "tests/support/tables.hpp"

namespace edgeroll::differential {

/// The next events: final results of some running nodes (sometimes of a node that does not run), or
/// the wake-up that was asked for.
[[nodiscard]] std::vector<release::Event> draw_events(const release::Release& state, sim::Rng& rng);

/// A commit that the core would hardly make: about half of them fit the state, the others are wrong
/// in one or more ways. @param row null if the release is gone
[[nodiscard]] release::Commit draw_commit(const test::ReleaseRow* row,
                                          const std::vector<test::TaskRow>& rows, sim::Rng& rng);

/// The text for the log of a failing script.
[[nodiscard]] std::string describe(const release::Commit& commit);

}  // namespace edgeroll::differential
