#include "world_plan.hpp"

namespace edgeroll::sim {
namespace {

int draw_size(Rng& rng) {
    // Mostly small: a small run shows most bugs and is quick.
    const double kind = rng.fraction();
    if (kind < 0.5) return static_cast<int>(rng.between(1, 5));
    if (kind < 0.85) return static_cast<int>(rng.between(3, 15));
    return static_cast<int>(rng.between(15, 40));
}

Millis draw(Rng& rng, std::int64_t least, std::int64_t most) {
    return Millis{rng.between(least, most)};
}

}  // namespace

WorldPlan draw_plan(Rng& rng) {
    WorldPlan plan;
    plan.theme = draw_theme(rng);
    plan.controls = static_cast<int>(rng.chance(0.2) ? 1 : rng.between(2, 3));
    plan.nodes = draw_size(rng);
    plan.releases = static_cast<int>(rng.between(1, 5));
    plan.lease = draw(rng, 4'000, 15'000);
    plan.latency_max = draw(rng, 2, 60);
    plan.connect_timeout = draw(rng, 1'000, 4'000);
    plan.request_timeout = draw(rng, 4'000, 12'000);
    plan.faults_for = draw(rng, 30'000, 400'000);
    control::SupervisorOptions& options = plan.options;
    options.interval = draw(rng, 500, 3'000);
    options.max_releases = static_cast<int>(rng.between(1, 8));
    options.lease = plan.lease;
    const std::vector<std::int64_t> node_timeouts{30'000, 60'000, 300'000};
    options.rules.node_timeout = Millis{rng.pick(node_timeouts)};
    // Fleets are small here, and so is what counts as a large batch.
    options.rules.ramp_above = 3;
    options.rules.ramp_least = 2;
    options.rules.start_window = static_cast<int>(rng.chance(0.5) ? 256 : rng.between(1, 4));
    options.dispatcher.max_in_flight = static_cast<int>(rng.chance(0.5) ? 256 : rng.between(1, 4));
    options.dispatcher.max_held = static_cast<int>(rng.chance(0.7) ? 1024 : rng.between(0, 2));
    release::ConversationRules& rules = options.dispatcher.rules;
    rules.dispatch_timeout = draw(rng, 5'000, 40'000);
    rules.poll_ceiling = draw(rng, 500, 3'000);
    rules.hold_max = rng.chance(0.7) ? draw(rng, 1'000, 5'000) : Millis{0};
    suit(plan, rng);
    return plan;
}

Millis time_to_finish(const WorldPlan& plan, int batches) {
    const control::SupervisorOptions& options = plan.options;
    // A batch lasts at most a node's time plus the requests open at its end and a takeover. With a
    // small start window, dead nodes wait for each other.
    // On probation, too, nodes go one at a time.
    const int waves = plan.nodes + 1;
    const Millis dead = options.dispatcher.rules.dispatch_timeout + plan.connect_timeout * 8;
    const Millis batch = options.rules.node_timeout * waves + plan.request_timeout * 2 +
                         dead * waves + plan.lease * 3 + options.interval * 4 + Millis{30'000};
    // Up to three attempts, bake, gate, interval, and a window that opens within minutes.
    constexpr Millis between{120'000};
    constexpr Millis window{700'000};
    return (batch * 3 + between) * (batches + 2) + window;
}

}  // namespace edgeroll::sim
