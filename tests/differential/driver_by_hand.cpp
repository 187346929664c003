// The edits of pipelines and operators with plain SQL. Edits that are impossible there (a second
// row for a node, an UPDATE of a missing release) are left out.
#include <limits>

#include "release/wire/batch_config.hpp"
#include "tests/differential/driver.hpp"

namespace edgeroll::differential {

using namespace release;

namespace {

test::InventoryRow draw_node(std::int64_t id, sim::Rng& rng) {
    const std::string number = std::to_string(id);
    test::InventoryRow node;
    node.id = NodeId{id};
    node.address.name = "edge-" + number;
    node.address.ip = "10.0.0." + number;
    node.address.port = rng.chance(0.5) ? 8443 : 9000 + static_cast<int>(id);
    if (rng.chance(0.3)) node.address.fingerprint = std::string(64, static_cast<char>('a' + id));
    if (rng.chance(0.7)) node.address.labels.emplace_back("region", id % 2 == 0 ? "eu" : "us");
    if (rng.chance(0.3)) node.address.labels.emplace_back("team", "x");
    node.is_enabled = rng.chance(0.9);
    node.is_in_maintenance = rng.chance(0.1);
    node.is_online = rng.chance(0.9);
    if (rng.chance(0.2)) {
        node.applied_version = Version{rng.between(0, releases + 1) * 10};
        node.applied_sha256 = std::string(64, 'e');
    }
    return node;
}

Version version_of(std::int64_t release) {
    // Not in the order of the ids: claims go by version.
    constexpr std::int64_t order[] = {20, 10, 40, 30};
    return Version{order[(release - 1) % releases]};
}

When draw_when(sim::Rng& rng) {
    if (rng.chance(0.6)) return When::none;
    return rng.chance(0.6) ? When::long_past : When::far_ahead;
}

std::string draw_batch_config(sim::Rng& rng) {
    const std::string count = std::to_string(rng.between(0, 3));
    const std::string rate = std::to_string(rng.between(0, 4) * 25);
    switch (rng.below(4)) {
        case 0:
            return "{}";
        case 1:
            return R"({"failure_threshold":)" + count + "}";
        case 2:
            return R"({"max_batch_fail_rate":)" + rate + "}";
        default:
            return R"({"failure_threshold":)" + count + R"(,"max_batch_fail_rate":)" + rate + "}";
    }
}

}  // namespace

bool Driver::change_nodes(const Operation& operation) {
    sim::Rng rng(operation.dice);
    const NodeId id{operation.node};
    const auto& inventory = sim_.database().inventory();
    const bool is_there = inventory.contains(id);
    if (operation.verb == Verb::insert_node || operation.verb == Verb::change_node) {
        if (is_there != (operation.verb == Verb::change_node)) return true;
        const test::InventoryRow node = draw_node(operation.node, rng);
        both([&](Side& side) { side.put_node(node); });
        return true;
    }
    if (operation.verb == Verb::delete_node) {
        both([&](Side& side) { side.delete_node(id); });
        return true;
    }
    return false;
}

bool Driver::change_releases(const Operation& operation) {
    const ReleaseId id{operation.release};
    if (operation.verb == Verb::insert_release) {
        if (find(operation.release) == nullptr) insert_release(operation);
        return true;
    }
    if (operation.verb == Verb::delete_release) {
        if (find(operation.release) != nullptr) {
            both([&](Side& side) { side.delete_release(id); });
        }
        return true;
    }
    if (operation.verb == Verb::insert_content) {
        const Version version = version_of(operation.release);
        if (sim_.database().contents().contains(version)) return true;
        const std::string payload =
            R"({"files":[{"path":"a","content":")" + std::to_string(version.value) + R"("}]})";
        both([&](Side& side) { side.insert_content(version, payload); });
        return true;
    }
    return false;
}

void Driver::insert_release(const Operation& operation) {
    sim::Rng rng(operation.dice);
    NewRelease fresh;
    fresh.row.id = ReleaseId{operation.release};
    fresh.row.version = version_of(operation.release);
    if (rng.chance(0.05)) fresh.row.status = ReleaseStatus::paused;
    if (rng.chance(0.05)) fresh.row.requested = Action::stop;
    const bool has_rows = rng.chance(0.75);
    for (std::int64_t node = 1; has_rows && node <= nodes; ++node) {
        if (!rng.chance(0.6)) continue;
        fresh.nodes.push_back(PlannedNode{NodeId{node}, static_cast<int>(rng.between(1, 3))});
    }
    fresh.row.total_nodes = static_cast<int>(fresh.nodes.size());
    if (rng.chance(0.3)) fresh.row.total_nodes += static_cast<int>(rng.between(-1, 2));
    if (rng.chance(has_rows ? 0.4 : 0.8)) {
        fresh.batch_config = draw_batch_config(rng);
        fresh.row.has_batch_config = true;
        fresh.row.policy = *wire::parse_batch_config(fresh.batch_config);
    }
    fresh.not_before = draw_when(rng);
    both([&](Side& side) { side.insert_release(fresh); });
}

bool Driver::edit_releases(const Operation& operation) {
    sim::Rng rng(operation.dice);
    ReleaseEdit edit;
    switch (operation.verb) {
        case Verb::set_status:
            edit.status = static_cast<ReleaseStatus>(rng.below(6));
            break;
        case Verb::set_action:
            edit.requested = static_cast<Action>(rng.below(4));
            break;
        case Verb::set_total:
            edit.total_nodes = static_cast<int>(rng.between(0, nodes + 1));
            break;
        case Verb::set_not_before:
            edit.not_before = draw_when(rng);
            break;
        case Verb::set_epoch: {
            const std::vector<std::int64_t> epochs{
                0, 7, -1, epoch_max - 1, epoch_max, std::numeric_limits<std::int64_t>::max()};
            edit.claim_epoch = rng.pick(epochs);
            break;
        }
        case Verb::end_lease:
            edit.is_lease_far = rng.chance(0.3);
            edit.ends_lease = !edit.is_lease_far;
            break;
        case Verb::age_rows_seen:
            edit.ages_rows_seen = true;
            break;
        default:
            return false;
    }
    if (find(operation.release) != nullptr) {
        both([&](Side& side) { side.edit_release(ReleaseId{operation.release}, edit); });
    }
    return true;
}

bool Driver::change_rows(const Operation& operation) {
    sim::Rng rng(operation.dice);
    const ReleaseId id{operation.release};
    const NodeId node{operation.node};
    const bool is_there = has_row(operation.release, operation.node);
    switch (operation.verb) {
        case Verb::insert_row: {
            if (is_there || find(operation.release) == nullptr) return true;
            // Includes a batch that no plan has.
            const PlannedNode row{node, static_cast<int>(rng.between(1, 5))};
            both([&](Side& side) { side.insert_row(id, row); });
            return true;
        }
        case Verb::delete_row:
            if (is_there) both([&](Side& side) { side.delete_row(id, node); });
            return true;
        case Verb::set_row: {
            const auto status = static_cast<NodeStatus>(rng.below(7));
            if (is_there) both([&](Side& side) { side.set_row(id, node, status); });
            return true;
        }
        case Verb::age_running:
            if (find(operation.release) != nullptr) {
                both([&](Side& side) { side.age_running(id); });
            }
            return true;
        default:
            return false;
    }
}

}  // namespace edgeroll::differential
