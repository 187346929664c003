// The faults that a seed injects and their rates: the faults of its theme, or a mix of its own
// (swarm style), since a run with all faults at once hides bugs that need a long quiet stretch.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "rng.hpp"

namespace edgeroll::sim {

enum class Fault {
    control_crash,
    control_pause,
    control_stop,
    database_not_done,
    database_unknown_done,
    database_unknown_lost,
    database_unknown_late,
    database_outage,
    database_slow,
    operator_pause_status,
    operator_pause_action,
    operator_continue,
    operator_stop,
    release_ended_by_hand,
    row_failed_by_hand,
    row_success_by_hand,
    row_added_late,
    row_deleted,
    row_added_again,
    rows_half_inserted,
    release_inserted_late,
    node_disabled,
    node_in_maintenance,
    node_deleted,
    request_refused,
    request_lost,
    request_late,
    request_repeated,
    answer_lost,
    answer_server_error,
    answer_nonsense,
    wrong_certificate,
    agent_slow,
    agent_crash,
    agent_away,
    agent_dead,
    agent_wiped,
    agent_two_calls,
    step_check_fails,
    step_reload_fails,
    gate_fails,
    gate_unsure,
    gate_without_data,
    limits_changed,
    retry_by_hand,
    release_made_again,
    content_cuts_off,  ///< what is switched to cuts the node off for a while
    operator_abort,
    content_kills,  ///< what is switched to kills the host a while later, for ever
    node_offline_by_hand,
    live_edited,     ///< somebody changes a file of what is live
    content_banned,  ///< after its release has succeeded
    network_cut,     ///< a control process reaches no node for a while
    count_,
};

inline constexpr std::size_t fault_kinds = static_cast<std::size_t>(Fault::count_);

[[nodiscard]] std::string_view to_text(Fault fault);

struct ThemeFault {
    Fault fault;
    double rate;  ///< upper bound of the rate that a seed draws
};

using FaultCounts = std::array<std::uint64_t, fault_kinds>;

class Faults {
  public:
    /// @param theme its faults; empty: a mix of all kinds
    explicit Faults(Rng rng, const std::vector<ThemeFault>& theme = {});

    /// Whether this fault happens now; counts it if so. Never after `stop()`.
    bool happens(Fault fault);
    /// Counts a fault that is part of the world's plan.
    void count(Fault fault) { ++counts_[static_cast<std::size_t>(fault)]; }
    /// The rate of a fault in this seed, 0 if it is not part of the mix.
    [[nodiscard]] double rate(Fault fault) const {
        return is_stopped_ ? 0 : rates_[static_cast<std::size_t>(fault)];
    }
    void stop() { is_stopped_ = true; }
    [[nodiscard]] bool is_stopped() const { return is_stopped_; }
    [[nodiscard]] const FaultCounts& counts() const { return counts_; }
    [[nodiscard]] Rng& rng() { return rng_; }

  private:
    Rng rng_;
    std::array<double, fault_kinds> rates_{};
    FaultCounts counts_{};
    bool is_stopped_ = false;
};

}  // namespace edgeroll::sim
