#include "theme.hpp"

#include "world_plan.hpp"

namespace edgeroll::sim {
namespace {

struct Entry {
    Theme theme;
    double share;  ///< of all seeds; the rest is mixed
    std::vector<ThemeFault> faults;
};

// In the order of the themes.
const std::vector<Entry>& entries() {
    static const std::vector<Entry> all{
        {Theme::mixed, 0, {}},
        {Theme::doubt,
         0.07,
         {{Fault::database_unknown_lost, 0.30},
          {Fault::database_unknown_done, 0.10},
          {Fault::database_unknown_late, 0.10}}},
        {Theme::fences,
         0.10,
         {{Fault::request_late, 0.40},
          {Fault::request_repeated, 0.50},
          {Fault::answer_lost, 0.10},
          {Fault::agent_crash, 0.60},
          {Fault::control_crash, 0.05},
          {Fault::control_pause, 0.20},
          {Fault::control_stop, 0.50},
          {Fault::step_reload_fails, 0.30},
          {Fault::retry_by_hand, 0.80}}},
        {Theme::gates,
         0.08,
         {{Fault::gate_unsure, 0.70},
          {Fault::gate_fails, 0.25},
          {Fault::gate_without_data, 0.50},
          {Fault::control_crash, 0.05},
          {Fault::control_pause, 0.20},
          {Fault::control_stop, 0.50}}},
        {Theme::steering,
         0.09,
         {{Fault::operator_pause_status, 0.10},
          {Fault::operator_pause_action, 0.50},
          {Fault::operator_continue, 0.70},
          {Fault::operator_stop, 0.15},
          {Fault::operator_abort, 0.10},
          {Fault::limits_changed, 0.10}}},
        {Theme::pauses,
         0.05,
         {{Fault::operator_pause_action, 0.30}, {Fault::operator_continue, 0.04}}},
        {Theme::rows,
         0.08,
         {{Fault::row_deleted, 0.30},
          {Fault::row_added_late, 0.30},
          {Fault::row_added_again, 0.80},
          {Fault::row_failed_by_hand, 0.05},
          {Fault::control_stop, 0.20}}},
        {Theme::retries,
         0.09,
         {{Fault::step_check_fails, 0.50},
          {Fault::step_reload_fails, 0.30},
          {Fault::retry_by_hand, 1.50}}},  // nearly always
        {Theme::rollbacks,
         0.07,
         {{Fault::step_check_fails, 0.15},
          {Fault::step_reload_fails, 0.10},
          {Fault::release_inserted_late, 0.50}}},
        {Theme::silence,
         0.10,
         {{Fault::content_cuts_off, 0.70},
          {Fault::operator_abort, 0.05},
          {Fault::content_kills, 0.05},
          {Fault::agent_away, 0.30},
          {Fault::agent_slow, 0.80},
          {Fault::step_check_fails, 0.10}}},
        {Theme::fleet,
         0.08,
         {{Fault::agent_away, 0.15},
          {Fault::agent_crash, 0.10},
          {Fault::agent_dead, 0.01},
          {Fault::agent_two_calls, 0.30},
          {Fault::answer_lost, 0.05},
          {Fault::control_crash, 0.01},
          {Fault::control_pause, 0.05},
          {Fault::control_stop, 0.01},
          {Fault::database_outage, 0.05},
          {Fault::database_unknown_done, 0.05},
          {Fault::node_disabled, 0.03},
          {Fault::node_in_maintenance, 0.10},
          {Fault::node_offline_by_hand, 0.10},
          {Fault::network_cut, 0.10}}},
        {Theme::reconcile,
         0.07,
         {{Fault::agent_wiped, 0.20},
          {Fault::live_edited, 0.30},
          {Fault::agent_away, 0.05},
          {Fault::agent_crash, 0.10},
          {Fault::answer_lost, 0.03},
          {Fault::content_banned, 0.03},
          {Fault::control_crash, 0.005},
          {Fault::control_stop, 0.02},
          {Fault::database_unknown_done, 0.03},
          {Fault::node_disabled, 0.10},
          {Fault::node_in_maintenance, 0.05},
          {Fault::operator_pause_action, 0.20},
          {Fault::operator_continue, 0.10},
          {Fault::release_inserted_late, 0.80},
          {Fault::retry_by_hand, 0.30},
          {Fault::step_check_fails, 0.05},
          {Fault::step_reload_fails, 0.05}}},
    };
    return all;
}

}  // namespace

Theme draw_theme(Rng& rng) {
    double left = rng.fraction();
    for (const Entry& entry : entries()) {
        if (left < entry.share) return entry.theme;
        left -= entry.share;
    }
    return Theme::mixed;
}

const std::vector<ThemeFault>& faults_of(Theme theme) {
    return entries()[static_cast<std::size_t>(theme)].faults;
}

void suit(WorldPlan& plan, Rng& rng) {
    const auto some = [&](std::int64_t least, std::int64_t most) {
        return static_cast<int>(rng.between(least, most));
    };
    switch (plan.theme) {
        case Theme::mixed:
            return;
        case Theme::doubt:
            // A claim that survives its doubts: a new owner would learn the outcome.
            plan.nodes = some(5, 15);
            plan.controls = some(1, 2);
            plan.lease = Millis{some(15'000, 30'000)};
            plan.options.rules.node_timeout = Millis{30'000};
            break;
        case Theme::fences:
            // Few nodes, so that late messages hit the node that restarts.
            plan.nodes = some(1, 4);
            plan.releases = some(1, 2);
            plan.controls = some(2, 3);
            plan.lease = Millis{some(4'000, 6'000)};
            plan.odds.retries = 0.8;
            break;
        case Theme::gates:
            plan.nodes = some(3, 10);
            plan.controls = some(2, 3);
            plan.odds.policy = plan.odds.gate = plan.odds.many_batches = 1;
            plan.odds.bake = 0.7;
            break;
        case Theme::steering:
            plan.nodes = some(3, 12);
            plan.odds.many_batches = 1;
            break;
        case Theme::pauses:
            plan.nodes = some(3, 8);
            plan.odds.policy = plan.odds.many_batches = 1;
            plan.odds.pauses = 0.5;
            plan.odds.time_limit = 0.8;
            break;
        case Theme::rows:
            // Few at a time, so that there is a row to delete while its dispatch is written.
            plan.nodes = some(3, 12);
            plan.controls = some(2, 3);
            plan.odds.many_batches = 0.7;
            plan.options.rules.start_window = some(1, 3);
            break;
        case Theme::retries:
            // A single release, since a release that was overtaken is not retried.
            plan.nodes = some(3, 6);
            plan.releases = 1;
            plan.odds.policy = 0.3;
            plan.odds.one_batch = 0.8;
            plan.odds.rollback = 0;
            break;
        case Theme::rollbacks:
            // The nodes after the failing batch have a content, and are not touched.
            plan.nodes = some(3, 8);
            plan.releases = some(3, 5);
            plan.odds.policy = plan.odds.many_batches = 1;
            plan.odds.rollback = 0.9;
            break;
        case Theme::silence:
            // Many nodes at work for long, so that there are others to be held up.
            plan.nodes = some(6, 12);
            plan.releases = some(2, 4);
            plan.request_timeout = Millis{4'000};
            plan.faults_for = Millis{400'000};  // rollbacks come late
            plan.options.dispatcher.rules.dispatch_timeout = Millis{40'000};
            plan.odds.policy = 1;
            plan.odds.one_batch = plan.odds.parallel = plan.odds.rollback = 0.7;
            plan.options.rules.node_timeout = Millis{300'000};
            plan.options.rules.start_window = 256;
            break;
        case Theme::fleet:
            plan.nodes = some(6, 16);
            plan.controls = some(1, 2);
            plan.faults_for = Millis{400'000};
            // Long enough for misses that are still pending when it runs out.
            plan.lease = Millis{some(6'000, 60'000)};
            plan.heartbeats.emplace();
            plan.heartbeats->period = Millis{some(3'000, 10'000)};
            break;
        case Theme::reconcile:
            // Few faults at first, so that releases succeed and something is owed.
            plan.nodes = some(4, 12);
            plan.controls = some(1, 2);
            plan.releases = some(1, 4);
            plan.faults_for = Millis{600'000};
            plan.odds.policy = 0.5;
            plan.odds.rollback = 0.1;
            plan.heartbeats.emplace();
            plan.heartbeats->period = Millis{some(3'000, 6'000)};
            plan.reconcile.emplace();
            plan.reconcile->mode =
                rng.chance(0.7) ? release::ReconcileMode::all : release::ReconcileMode::absent;
            plan.reconcile->max = some(1, 6);
            plan.reconcile->per_minute = some(1, 10);
            break;
    }
    plan.options.lease = plan.lease;
}

}  // namespace edgeroll::sim
