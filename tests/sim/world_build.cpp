// The initial state of a world.
#include <algorithm>

#include "world.hpp"

namespace edgeroll::sim {

using release::PlannedNode;

void World::build_fleet() {
    for (int number = 1; number <= plan_.nodes; ++number) {
        const release::NodeId id{number};
        InventoryRow row;
        row.id = id;
        row.address.name = "node-" + std::to_string(number);
        row.address.ip = "10.0.0." + std::to_string(number);
        row.address.labels.emplace_back("region", number % 2 == 0 ? "eu" : "us");
        auto node =
            std::make_unique<SimNode>(id, timeline_, faults_, trace_, witness_, rng_.fork());
        // An answer from the memory of an agent written elsewhere cannot be verified: it is
        // excused.
        const bool has_memory = faults_.rate(Fault::release_made_again) > 0;
        node->is_two_call = !has_memory && faults_.happens(Fault::agent_two_calls);
        node->is_blind = number % 3 == 1;
        node_list_.push_back(node.get());
        nodes_.emplace(row.address.ip, std::move(node));
        database_.insert_node(std::move(row));
    }
}

void World::build_releases() {
    for (int number = 1; number <= plan_.releases; ++number) {
        if (number > 1 && faults_.happens(Fault::release_inserted_late)) {
            ++releases_to_come_;
            timeline_.after(Millis{rng_.between(1'000, plan_.faults_for.count())}, [this, number] {
                --releases_to_come_;
                insert_release(number);
            });
        } else {
            insert_release(number);
        }
    }
}

release::Gate World::draw_gate(int number) {
    release::Gate gate;
    gate.name = "g" + std::to_string(number);
    const std::string url = "http://gate/" + std::to_string(rng_.next());
    if (rng_.chance(0.5)) {
        gate.url = url;
    } else {
        gate.prometheus.emplace();
        gate.prometheus->url = url;
        const double kind = rng_.fraction();
        gate.prometheus->query = kind < 0.3   ? "up{e=~\"{{released_re}}\"}"
                                 : kind < 0.4 ? "up{e=~\"{{peers_re}}\"}"
                                              : "up";
        gate.prometheus->pass = {release::Comparison::Op::less, 0.01};
        gate.prometheus->consecutive = rng_.chance(0.3) ? 2 : 1;
    }
    gate.every = Millis{rng_.between(500, 8'000)};
    if (rng_.chance(0.2)) gate.after = Millis{rng_.between(1, 20'000)};
    if (rng_.chance(0.2)) gate.from_batch = 2;
    gate.is_dry_run = rng_.chance(0.15);
    return gate;
}

// The release's batch_config; sizes only if edgeroll plans.
release::Policy World::draw_policy(bool is_to_plan) {
    release::Policy policy;
    const auto some = [&](std::int64_t least, std::int64_t most) {
        return static_cast<int>(rng_.between(least, most));
    };
    if (rng_.chance(0.3)) policy.limits.failure_threshold = some(0, 3);
    if (rng_.chance(0.3)) policy.limits.max_batch_fail_rate_percent = some(0, 100);
    if (rng_.chance(0.3)) {
        policy.limits.max_unreachable = {some(0, 50), rng_.chance(0.5)};
    }
    if (rng_.chance(plan_.odds.parallel)) policy.max_parallel = some(1, 4);
    if (rng_.chance(0.3)) {
        release::PoolRule rule;
        rule.label = "region";
        rule.size = some(1, 3);
        if (rng_.chance(0.3)) rule.sizes["eu"] = some(1, 2);
        policy.pools.push_back(std::move(rule));
    }
    if (rng_.chance(plan_.odds.retries)) policy.retries = some(1, 2);
    policy.pauses_after_batch = rng_.chance(plan_.odds.pauses);
    if (rng_.chance(0.15)) policy.batch_interval = Millis{rng_.between(1, 40'000)};
    if (rng_.chance(plan_.odds.bake)) policy.bake = Millis{rng_.between(1, 20'000)};
    if (rng_.chance(plan_.odds.gate)) {
        const int gates = some(1, 3);
        for (int i = 0; i < gates; ++i)
            policy.gates.push_back(draw_gate(i));
        policy.gate_timeout = Millis{rng_.between(1'000, 40'000)};
    }
    if (rng_.chance(0.1)) {
        // Virtual time begins a quarter after midnight: the window may be closed at first, then
        // open for most of the day.
        release::Window window;
        window.from_minute = some(10, 26);
        window.to_minute = window.from_minute + some(1'200, 1'400);
        policy.windows.push_back(window);
    }
    if (rng_.chance(plan_.odds.time_limit))
        policy.batch_timeout = Millis{rng_.between(20'000, 300'000)};
    if (rng_.chance(plan_.odds.time_limit))
        policy.release_timeout = Millis{rng_.between(30'000, 600'000)};
    if (rng_.chance(0.2)) policy.node_timeout = Millis{rng_.between(20'000, 60'000)};
    const double on_failure = rng_.fraction();
    if (on_failure < 0.25) policy.on_failure = release::OnFailure::pause;
    if (on_failure > 1 - plan_.odds.rollback) policy.on_failure = release::OnFailure::rollback;
    if (is_to_plan && rng_.chance(0.5)) {
        policy.sizes = {{release::BatchSize::Kind::count, some(1, 5)}};
    }
    if (rng_.chance(0.3)) {
        policy.min_evidence =
            rng_.chance(0.5) ? release::MinEvidence::check : release::MinEvidence::verify;
    }
    return policy;
}

int World::draw_batch_size() {
    if (rng_.chance(plan_.odds.one_batch)) return plan_.nodes;
    const int most = rng_.chance(plan_.odds.many_batches) ? plan_.nodes / 3 : plan_.nodes;
    return static_cast<int>(rng_.between(1, std::max(1, most)));
}

void World::insert_release(int number) {
    const Instant now = timeline_.now();
    ReleaseRow row;
    row.id = release::ReleaseId{number};
    row.version = release::Version{number * 10};
    if (rng_.chance(0.15)) row.not_before = now + Millis{rng_.between(0, 30'000)};
    if (rng_.chance(0.85)) {
        database_.insert_content(row.version,
                                 R"({"files":[],"of":)" + std::to_string(number) + "}");
    }
    std::vector<PlannedNode> rows;
    const bool is_to_plan = rng_.chance(0.2);
    if (rng_.chance(plan_.odds.policy)) row.policy = draw_policy(is_to_plan);
    if (row.policy.on_failure == release::OnFailure::rollback) batches_ += 3 + 2;  // its rollback
    if (is_to_plan) {
        row.has_batch_config = true;  // edgeroll plans
        batches_ += row.policy.sizes.empty()
                        ? 4
                        : 1 + plan_.nodes / std::max(row.policy.sizes.front().amount, 1);
    } else {
        const int batch_size = draw_batch_size();
        const double share = 0.4 + 0.6 * rng_.fraction();
        const int stride = rng_.chance(0.3) ? static_cast<int>(rng_.between(2, 10)) : 1;  // gaps
        for (const SimNode* node : node_list_) {
            if (!rows.empty() && !rng_.chance(share)) continue;
            PlannedNode planned;
            planned.node = node->id();
            planned.batch = 1 + static_cast<int>(rows.size()) / batch_size * stride;
            rows.push_back(planned);
        }
        batches_ += 1 + (rows.back().batch - 1) / stride + 2;
    }
    row.total_nodes = static_cast<int>(rows.size());
    std::vector<PlannedNode> missing;
    if (rows.size() > 1 && faults_.happens(Fault::rows_half_inserted)) {
        missing.assign(rows.end() - 1, rows.end());
        rows.pop_back();
    }
    const release::ReleaseId id = row.id;
    trace_.note(now, "pipeline",
                "inserts release " + std::to_string(number) + " with " +
                    std::to_string(rows.size()) + " rows");
    database_.insert_release(std::move(row), rows, now);
    if (missing.empty() || rng_.chance(0.3)) return;
    timeline_.after(Millis{rng_.between(500, 50'000)}, [this, id, missing] {
        if (release::is_final(database_.releases().at(id).status)) return;
        trace_.note(timeline_.now(), "pipeline", "inserts the missing rows");
        database_.insert_rows(id, missing);
    });
}

}  // namespace edgeroll::sim
