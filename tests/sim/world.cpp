#include "world.hpp"

#include <algorithm>

namespace edgeroll::sim {

using release::ReleaseStatus;

namespace {
/// A run with more steps is in an endless loop.
constexpr std::uint64_t steps_most = 3'000'000;
}  // namespace

World::World(std::uint64_t seed, bool keeps_text)
    : rng_(seed),
      plan_(draw_plan(rng_)),
      trace_(keeps_text),
      faults_(rng_.fork(), faults_of(plan_.theme)),
      witness_(timeline_, trace_, plan_.options.rules),
      database_(plan_.lease, &witness_),
      server_{database_,   timeline_, faults_, trace_, witness_, plan_.latency_max,
              plan_.lease, {},        {},      {},     {}},
      network_{nodes_,
               timeline_,
               faults_,
               trace_,
               witness_,
               plan_.latency_max,
               plan_.connect_timeout,
               plan_.request_timeout,
               {},
               {},
               {}},
      operator_(database_, timeline_, faults_, trace_, rng_.fork()) {
    witness_.watch(database_);
    if (plan_.heartbeats) witness_.heartbeat_rules = *plan_.heartbeats;
    const bool has_places = plan_.options.dispatcher.max_in_flight > plan_.nodes;
    witness_.expects_fast_return = plan_.theme == Theme::silence && has_places;
    server_.on_written = [this](const std::string& owner) { perhaps_crash(owner); };
    server_.on_commit_sent = [this](release::ReleaseId id) { operator_.cut_in(id); };
    network_.on_delivered = [this](const std::string& owner) { perhaps_crash(owner); };
    build_fleet();
    build_releases();
    start_controls();
}

// Processes first: their coroutines refer to everything else.
World::~World() {
    controls_.clear();
}

void World::start_controls() {
    for (int number = 1; number <= plan_.controls; ++number) {
        controls_.push_back(std::make_unique<SimControl>(number, server_, network_, plan_.options,
                                                         plan_.heartbeats, plan_.reconcile,
                                                         rng_.fork()));
        SimControl* control = controls_.back().get();
        timeline_.after(Millis{rng_.between(0, 3'000)}, [control] { control->start(); });
    }
    timeline_.after(Millis{1'000}, [this] { trouble(); });
}

bool World::is_everything_finished() const {
    if (releases_to_come_ > 0) return false;
    const auto& releases = database_.releases();
    return std::all_of(releases.begin(), releases.end(),
                       [](const auto& entry) { return entry.second.finished_at.has_value(); });
}

void World::run_while(Instant end, bool ends_when_finished) {
    while (!timeline_.is_empty() && timeline_.next_at() < end) {
        timeline_.run_next();
        for (const auto& control : controls_)
            control->pump();
        if (!witness_.violations().empty()) return;
        if (ends_when_finished && is_everything_finished()) return;
        if (timeline_.steps() > steps_most) {
            witness_.violated("I7", "more than " + std::to_string(steps_most) + " steps");
            return;
        }
    }
}

// What is owed is being given to the end; then it ends, and so must every release.
void World::end_reconciliation() {
    if (const auto owed = witness_.next_owed(*plan_.reconcile)) {
        // It may have become due just now.
        run_while(timeline_.now() + Millis{20'000}, false);
        if (witness_.next_owed(*plan_.reconcile) == owed) {
            witness_.violated("F9", "node " + std::to_string(owed->value) +
                                        " is owed a content, and nobody gives it");
        }
    }
    database_.serves_nodes = false;
    run_while(timeline_.now() + time_to_finish(plan_, plan_.reconcile->max + 2), true);
    run_while(timeline_.now() + plan_.heartbeats->period * 4 + Millis{30'000}, false);
}

Outcome World::run() {
    const Instant begin = timeline_.now();
    const Instant faults_end = begin + plan_.faults_for;
    // Heartbeats have more to live through than the releases.
    run_while(faults_end, !plan_.heartbeats);
    // Everything may be finished early: an operator may then retry a release.
    while (witness_.violations().empty() && timeline_.now() < faults_end &&
           operator_.perhaps_retry())
        run_while(faults_end, true);
    if (witness_.violations().empty()) {
        heal();
        run_while(timeline_.now() + time_to_finish(plan_, batches_ + operator_.batches_taken_up()),
                  true);
    }
    if (witness_.violations().empty()) {
        // Messages that are still on their way arrive at nodes whose release has ended.
        run_while(timeline_.now() + Millis{20'000}, false);
    }
    if (witness_.violations().empty() && plan_.heartbeats) {
        run_while(timeline_.now() + plan_.lease * 2 + plan_.heartbeats->period * 4 + Millis{30'000},
                  false);
        if (witness_.violations().empty() && plan_.reconcile) end_reconciliation();
        if (witness_.violations().empty()) witness_.check_fleet(node_list_);
    }
    if (witness_.violations().empty()) witness_.check_end();

    Outcome outcome;
    outcome.hash = trace_.hash();
    outcome.steps = timeline_.steps();
    outcome.virtual_time = timeline_.now() - begin;
    outcome.violations = witness_.violations();
    outcome.faults = faults_.counts();
    outcome.trace = trace_.lines();
    for (const SimDatabase::Served& one : database_.served())
        ++outcome.reconciled[std::string(to_text(one.cause)) + " " + one.outcome];
    for (const auto& [id, row] : database_.releases()) {
        if (row.rolls_back) ++outcome.rollbacks;
        if (row.status == ReleaseStatus::success) ++outcome.releases_success;
        if (row.status == ReleaseStatus::failed) ++outcome.releases_failed;
        if (row.status == ReleaseStatus::cancelled) ++outcome.releases_cancelled;
    }
    return outcome;
}

}  // namespace edgeroll::sim
