#include "faults.hpp"

namespace edgeroll::sim {
namespace {

struct Kind {
    std::string_view name;
    double rate;  ///< upper bound of the rate that a seed draws, per occasion
};

// Occasions: a database call, a request, a step, or a draw of the world every few seconds.
constexpr std::array<Kind, fault_kinds> kinds{{
    {"control_crash", 0.04},
    {"control_pause", 0.15},
    {"control_stop", 0.1},
    {"database_not_done", 0.15},
    {"database_unknown_done", 0.10},
    {"database_unknown_lost", 0.15},
    {"database_unknown_late", 0.08},
    {"database_outage", 0.08},
    {"database_slow", 0.10},
    {"operator_pause_status", 0.06},
    {"operator_pause_action", 0.1},
    {"operator_continue", 0.30},
    {"operator_stop", 0.03},
    {"release_ended_by_hand", 0.02},
    {"row_failed_by_hand", 0.05},
    {"row_success_by_hand", 0.05},
    {"row_added_late", 0.05},
    {"row_deleted", 0.05},
    {"row_added_again", 0.30},
    {"rows_half_inserted", 0.30},
    {"release_inserted_late", 0.50},
    {"node_disabled", 0.05},
    {"node_in_maintenance", 0.05},
    {"node_deleted", 0.03},
    {"request_refused", 0.15},
    {"request_lost", 0.10},
    {"request_late", 0.30},
    {"request_repeated", 0.25},
    {"answer_lost", 0.2},
    {"answer_server_error", 0.10},
    {"answer_nonsense", 0.05},
    {"wrong_certificate", 0.05},
    {"agent_slow", 0.10},
    {"agent_crash", 0.20},
    {"agent_away", 0.10},
    {"agent_dead", 0.05},
    {"agent_wiped", 0.03},
    {"agent_two_calls", 0.40},
    {"step_check_fails", 0.04},
    {"step_reload_fails", 0.05},
    {"gate_fails", 0.30},
    {"gate_unsure", 0.50},
    {"gate_without_data", 0.40},
    {"limits_changed", 0.10},
    {"retry_by_hand", 0.80},
    {"release_made_again", 0.15},
    {"content_cuts_off", 0.05},
    {"operator_abort", 0.02},
    {"content_kills", 0.02},
    {"node_offline_by_hand", 0.05},
    {"live_edited", 0.05},
    {"content_banned", 0.01},
    {"network_cut", 0.03},
}};

}  // namespace

std::string_view to_text(Fault fault) {
    return kinds[static_cast<std::size_t>(fault)].name;
}

Faults::Faults(Rng rng, const std::vector<ThemeFault>& theme) : rng_(rng) {
    for (const ThemeFault& wanted : theme) {
        rates_[static_cast<std::size_t>(wanted.fault)] =
            wanted.rate * (0.4 + 0.6 * rng_.fraction());
    }
    if (!theme.empty()) return;
    // Swarm: some seeds have almost no faults, some have nearly all kinds.
    const double share = rng_.chance(0.1) ? 0.0 : 0.1 + 0.7 * rng_.fraction();
    for (std::size_t index = 0; index < fault_kinds; ++index) {
        const bool is_in_mix = rng_.chance(share);
        const double draw = rng_.fraction();
        rates_[index] = is_in_mix ? kinds[index].rate * (0.1 + 0.9 * draw) : 0;
    }
}

bool Faults::happens(Fault fault) {
    const double probability = rate(fault);
    if (probability <= 0 || !rng_.chance(probability)) return false;
    count(fault);
    return true;
}

}  // namespace edgeroll::sim
