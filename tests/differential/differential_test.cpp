// Random scripts on the simulator's database and on a real one: what the simulator proves about the
// core is only as good as the match between them. EDGEROLL_DIFFERENTIAL_SEED=N runs one seed,
// EDGEROLL_DIFFERENTIAL_SCRIPTS=N that many.
#include <cstdlib>
#include <iostream>

#include "tests/differential/driver.hpp"

namespace edgeroll::differential {
namespace {

using control::Backend;
using control::testing::backend_name;
using control::testing::Process;

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
    const char* text = std::getenv(variable);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

class DifferentialTest : public control::testing::StoreTest {
  protected:
    DifferentialTest() {
        for (int owner = 0; owner < owners; ++owner)
            processes_.push_back(std::make_unique<Process>(url(), owner_name(owner), lease, 1));
    }

    std::string run(const Script& script) {
        SimSide sim;
        const std::unique_ptr<Side> store = make_store_side(processes_, hand());
        Driver driver(sim, *store);
        std::string found = driver.run(script);
        add(driver.tally());
        return found;
    }

    /// Removes operations that are not needed for a difference.
    std::string shortest(Script script, std::string found) {
        for (std::size_t i = script.size(); i-- > 0;) {
            Script shorter = script;
            shorter.erase(shorter.begin() + static_cast<std::ptrdiff_t>(i));
            std::string still = run(shorter);
            if (still.empty()) continue;
            script = std::move(shorter);
            found = std::move(still);
        }
        return found;
    }

    void add(const Driver::Tally& more) {
        tally_.core_done += more.core_done;
        tally_.core_fenced += more.core_fenced;
        tally_.core_stale += more.core_stale;
        tally_.hostile_done += more.hostile_done;
        tally_.hostile_fenced += more.hostile_fenced;
        tally_.hostile_stale += more.hostile_stale;
        tally_.claims += more.claims;
        tally_.refused_claims += more.refused_claims;
        tally_.claimable += more.claimable;
        tally_.started += more.started;
        tally_.finished += more.finished;
        tally_.given_up += more.given_up;
    }

    void expect_every_kind() const {
        EXPECT_GT(tally_.core_done, 0);
        EXPECT_GT(tally_.core_fenced, 0);
        EXPECT_GT(tally_.core_stale, 0);
        EXPECT_GT(tally_.hostile_done, 0);
        EXPECT_GT(tally_.hostile_fenced, 0);
        EXPECT_GT(tally_.hostile_stale, 0);
        EXPECT_GT(tally_.refused_claims, 0);
        EXPECT_GT(tally_.claimable, 0);
        EXPECT_GT(tally_.started, 0);
        EXPECT_GT(tally_.finished, 0);
        EXPECT_GT(tally_.given_up, 0);
    }

    void print_tally(std::uint64_t scripts) const {
        std::cout << scripts << " scripts; commits of the core done/fenced/stale "
                  << tally_.core_done << "/" << tally_.core_fenced << "/" << tally_.core_stale
                  << ", hostile " << tally_.hostile_done << "/" << tally_.hostile_fenced << "/"
                  << tally_.hostile_stale << "; claims " << tally_.claims << ", refused "
                  << tally_.refused_claims << "; claimable " << tally_.claimable << ", started "
                  << tally_.started << ", finished " << tally_.finished << ", given up "
                  << tally_.given_up << "\n";
    }

    std::vector<std::unique_ptr<Process>> processes_;
    Driver::Tally tally_;
};

TEST_P(DifferentialTest, says_and_holds_the_same_as_the_simulators_database) {
    const std::uint64_t only = number_from("EDGEROLL_DIFFERENTIAL_SEED", 0);
    const std::uint64_t scripts =
        only > 0 ? 1 : number_from("EDGEROLL_DIFFERENTIAL_SCRIPTS", is_mysql() ? 40 : 250);
    const std::uint64_t first = only > 0 ? only : 1;
    for (std::uint64_t seed = first; seed < first + scripts; ++seed) {
        const Script script = draw_script(seed);
        const std::string found = run(script);
        if (found.empty()) continue;
        FAIL() << "seed " << seed << " (again: EDGEROLL_DIFFERENTIAL_SEED=" << seed
               << "), shortened:\n"
               << shortest(script, found);
    }
    print_tally(scripts);
    if (scripts >= 200) expect_every_kind();  // fewer may lack a rare one
}

EDGEROLL_ON_BOTH_DATABASES(DifferentialTest);

}  // namespace
}  // namespace edgeroll::differential
