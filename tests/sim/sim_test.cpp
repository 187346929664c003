// The simulator as a test: many seeds without a violation, every kind of fault injected, the same
// seed always the same run.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "world.hpp"

namespace edgeroll::sim {
namespace {

/// EDGEROLL_SIM_SEEDS, so that slow builds (sanitizers) can run fewer.
std::uint64_t seeds_to_run() {
    const char* text = std::getenv("EDGEROLL_SIM_SEEDS");
    return text == nullptr ? 2'000 : std::stoull(text);
}

std::string how_to_see(std::uint64_t seed) {
    return "seed " + std::to_string(seed) + "; see it: scripts/sim --replay " +
           std::to_string(seed);
}

TEST(Simulation, keeps_every_invariant_and_finishes_under_faults) {
    const std::uint64_t seeds = seeds_to_run();
    FaultCounts faults{};
    int success = 0, failed = 0, cancelled = 0, rollbacks = 0;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        const Outcome outcome = World(seed).run();
        for (const std::string& violation : outcome.violations) {
            ADD_FAILURE() << violation << "\n" << how_to_see(seed);
        }
        for (std::size_t i = 0; i < faults.size(); ++i)
            faults[i] += outcome.faults[i];
        success += outcome.releases_success;
        failed += outcome.releases_failed;
        cancelled += outcome.releases_cancelled;
        rollbacks += outcome.rollbacks;
    }

    EXPECT_GT(success, 0);
    EXPECT_GT(failed, 0);
    EXPECT_GT(cancelled, 0);
    EXPECT_GT(rollbacks, 0);
    for (std::size_t i = 0; i < faults.size(); ++i) {
        EXPECT_GT(faults[i], 0U) << to_text(static_cast<Fault>(i)) << " was never injected";
    }
}

TEST(Simulation, does_the_same_again_when_the_seed_is_the_same) {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        const Outcome first = World(seed).run();
        const Outcome second = World(seed).run();
        EXPECT_EQ(first.hash, second.hash) << how_to_see(seed);
        EXPECT_EQ(first.steps, second.steps) << how_to_see(seed);
    }
}

TEST(Simulation, tells_the_story_of_a_seed_without_changing_it) {
    const Outcome silent = World(7).run();
    const Outcome told = World(7, true).run();
    EXPECT_EQ(silent.hash, told.hash);
    EXPECT_TRUE(silent.trace.empty());
    EXPECT_FALSE(told.trace.empty());
}

TEST(Simulation, differs_between_seeds) {
    EXPECT_NE(World(1).run().hash, World(2).run().hash);
}

}  // namespace
}  // namespace edgeroll::sim
