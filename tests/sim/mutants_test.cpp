// Seeded bugs: the simulator must find each within a few hundred seeds, or it is blind to it.
#include <gtest/gtest.h>

#include <iostream>
#include <ostream>
#include <string>

#include "release/mutant.hpp"
#include "world.hpp"

namespace edgeroll::sim {
namespace {

using release::Mutant;

constexpr std::uint64_t seeds_most = 500;

struct Case {
    Mutant mutant;
    const char* name;
    const char* finding;  ///< how the violation that reveals it begins; several, separated by '|'
};

void PrintTo(const Case& bug, std::ostream* out) {
    *out << bug.name;
}

bool is_expected(const std::string& violation, const std::string& findings) {
    std::size_t begin = 0;
    while (begin <= findings.size()) {
        const std::size_t end = std::min(findings.find('|', begin), findings.size());
        if (violation.starts_with(findings.substr(begin, end - begin))) return true;
        begin = end + 1;
    }
    return false;
}

class MutantTest : public testing::TestWithParam<Case> {
  protected:
    void SetUp() override { release::active_mutant() = GetParam().mutant; }
    void TearDown() override { release::active_mutant() = Mutant::none; }
};

TEST_P(MutantTest, is_found_within_500_seeds) {
    for (std::uint64_t seed = 1; seed <= seeds_most; ++seed) {
        const Outcome outcome = World(seed).run();
        if (outcome.violations.empty()) continue;
        RecordProperty("seed", static_cast<int>(seed));
        const std::string& violation = outcome.violations.front();
        std::cout << "seed " << seed << ": " << violation << "\n";
        EXPECT_TRUE(is_expected(violation, GetParam().finding))
            << "seed " << seed << " found something else: " << violation;
        return;
    }
    ADD_FAILURE() << "not found within " << seeds_most << " seeds";
}

INSTANTIATE_TEST_SUITE_P(
    Simulator, MutantTest,
    testing::Values(
        Case{Mutant::send_before_intent, "send_before_intent", "intent"},
        Case{Mutant::unknown_is_failed, "unknown_is_failed", "truth|I7|slot"},
        Case{Mutant::batch_opened_early, "batch_opened_early", "I1|core I1|core I5|between"},
        Case{Mutant::skipped_counts_as_done, "skipped_counts_as_done", "I6|core I6"},
        Case{Mutant::slot_freed_on_timeout, "slot_freed_on_timeout", "slot|truth"},
        Case{Mutant::result_lost, "result_lost", "result|I7"},
        Case{Mutant::epoch_not_checked, "epoch_not_checked", "I3"},
        Case{Mutant::fence_forgotten, "fence_forgotten", "I3"},
        Case{Mutant::fence_not_kept, "fence_not_kept", "I3"},
        Case{Mutant::put_back_forgotten, "put_back_forgotten", "T3"},
        Case{Mutant::rerun_after_restart, "rerun_after_restart", "I2"},
        Case{Mutant::continue_skips_a_batch, "continue_skips_a_batch", "I6"},
        Case{Mutant::retry_forgets_limits, "retry_forgets_limits", "retry"},
        Case{Mutant::rollback_touches_untouched, "rollback_touches_untouched", "rollback"},
        Case{Mutant::paused_time_counted, "paused_time_counted", "time"},
        Case{Mutant::slot_counted_twice, "slot_counted_twice", "I9"},
        Case{Mutant::gate_passed_by_takeover, "gate_passed_by_takeover", "between"},
        Case{Mutant::fail_in_bake_ignored, "fail_in_bake_ignored", "between"},
        Case{Mutant::no_data_passes, "no_data_passes", "between"},
        Case{Mutant::probation_skipped, "probation_skipped", "I11"},
        Case{Mutant::opened_without_evidence, "opened_without_evidence", "I11"},
        Case{Mutant::ramp_ignored, "ramp_ignored", "ramp"},
        Case{Mutant::final_gate_skipped, "final_gate_skipped", "between"},
        Case{Mutant::operator_action_lost, "operator_action_lost", "action|I1|between"},
        Case{Mutant::row_not_compared, "row_not_compared", "late"},
        Case{Mutant::batch_by_ordinal, "batch_by_ordinal", "between|core I1"},
        Case{Mutant::late_rows_by_count, "late_rows_by_count", "late|I18"},
        Case{Mutant::left_out_is_success, "left_out_is_success", "I6"},
        Case{Mutant::dark_node_deferred, "dark_node_deferred", "truth|I6"},
        Case{Mutant::dark_not_counted, "dark_not_counted", "R6"},
        Case{Mutant::rollback_waits_for_running, "rollback_waits_for_running", "R3"},
        Case{Mutant::rollback_waits_in_line, "rollback_waits_in_line", "T4|I7"},
        Case{Mutant::rollback_hostage_of_first, "rollback_hostage_of_first", "I19|action"},
        Case{Mutant::order_forgotten, "order_forgotten", "order"},
        Case{Mutant::marks_maintenance, "marks_maintenance", "F1"},
        Case{Mutant::own_network_marked, "own_network_marked", "F3"},
        Case{Mutant::away_counts_as_silence, "away_counts_as_silence", "F2"},
        Case{Mutant::reconciles_banned, "reconciles_banned", "F5"},
        Case{Mutant::reconciles_held, "reconciles_held", "F6"},
        Case{Mutant::reconciles_too_fast, "reconciles_too_fast", "F7"},
        Case{Mutant::answer_not_compared, "answer_not_compared", "truth|order"}),
    [](const testing::TestParamInfo<Case>& bug) { return std::string(bug.param.name); });

}  // namespace
}  // namespace edgeroll::sim
