// What a world starts with.
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
        node->is_two_call = faults_.happens(Fault::agent_two_calls);
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

void World::insert_release(int number) {
    const Instant now = timeline_.now();
    ReleaseRow row;
    row.id = release::ReleaseId{number};
    row.version = release::Version{number * 10};
    if (rng_.chance(0.3))
        row.policy.limits.failure_threshold = static_cast<int>(rng_.between(0, 3));
    if (rng_.chance(0.3)) {
        row.policy.limits.max_batch_fail_rate_percent = static_cast<int>(rng_.between(0, 100));
    }
    if (rng_.chance(0.15)) row.not_before = now + Millis{rng_.between(0, 30'000)};
    if (rng_.chance(0.85)) {
        database_.insert_content(row.version,
                                 R"({"files":[],"of":)" + std::to_string(number) + "}");
    }
    std::vector<PlannedNode> rows;
    if (rng_.chance(0.2)) {
        row.has_batch_config = true;  // edgeroll plans
        batches_ += 4;
    } else {
        const int batch_size = static_cast<int>(rng_.between(1, std::max(1, plan_.nodes)));
        const double share = 0.4 + 0.6 * rng_.fraction();
        for (const SimNode* node : node_list_) {
            if (!rows.empty() && !rng_.chance(share)) continue;
            PlannedNode planned;
            planned.node = node->id();
            planned.batch = 1 + static_cast<int>(rows.size()) / batch_size;
            rows.push_back(planned);
        }
        batches_ += rows.back().batch + 2;
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
        database_.insert_rows(id, missing, timeline_.now());
    });
}

}  // namespace edgeroll::sim
