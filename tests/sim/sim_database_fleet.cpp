// The tables `nodes` and `control_members`, as heartbeats use them.
#include <algorithm>

#include "sim_database.hpp"

namespace edgeroll::sim {

using release::Sighting;
using release::WatchedNode;

namespace {

WatchedNode watched(const InventoryRow& row, release::Instant now) {
    WatchedNode node;
    node.node = row.id;
    node.address = row.address;
    node.is_online = row.is_online && !row.is_in_maintenance;
    const bool is_offline = !row.is_online && !row.is_in_maintenance;
    node.is_marked = is_offline && row.has_mark;
    node.has_old_mark = !is_offline && row.has_mark;
    node.applied_version = row.applied_version;
    node.applied_sha256 = row.applied_sha256;
    node.observed = row.observed;
    node.unseen_for = row.last_seen ? now - *row.last_seen : release::Millis{-1};
    return node;
}

}  // namespace

control::Membership SimDatabase::join(const std::string& name, Millis lease, Instant now) {
    members_[name] = now + lease;
    std::string mark;
    for (const auto& [id, row] : inventory_) {
        mark += std::to_string(id.value);
        for (const bool flag : {row.is_enabled, row.is_in_maintenance, row.is_online, row.has_mark})
            mark += flag ? "1" : "0";
    }
    return {members(now), mark};
}

std::vector<std::string> SimDatabase::members(Instant now) const {
    std::vector<std::string> names;
    for (const auto& [member, until] : members_) {
        if (until > now) names.push_back(member);
    }
    return names;
}

std::vector<WatchedNode> SimDatabase::watched_nodes(Instant now) const {
    std::vector<WatchedNode> nodes;
    for (const auto& [id, row] : inventory_) {
        if (row.is_enabled) nodes.push_back(watched(row, now));
    }
    return nodes;
}

std::vector<WatchedNode> SimDatabase::write_sightings(const std::string& owner,
                                                      const std::vector<Sighting>& sightings,
                                                      Instant now) {
    std::vector<WatchedNode> rows;
    const auto member = members_.find(owner);
    const bool is_member = member != members_.end() && member->second > now;
    for (Sighting sighting : sightings) {
        if (!is_member && sighting.mark == Sighting::Mark::offline) {
            sighting.mark = Sighting::Mark::none;
        }
        const auto found = inventory_.find(sighting.node);
        if (found == inventory_.end() || !found->second.is_enabled) continue;
        InventoryRow& row = found->second;
        const WatchedNode before = watched(row, now);
        if (takes_observation(before, sighting)) row.observed = *sighting.observed;
        if (takes_mark(before, sighting)) {
            if (witness_ != nullptr) witness_->marked(owner, row, sighting.mark);
            row.has_mark = sighting.mark == Sighting::Mark::offline;
            if (sighting.mark != Sighting::Mark::clear) {
                row.is_online = sighting.mark == Sighting::Mark::online;
                row.is_in_maintenance = false;
            }
        }
        if (sighting.is_seen) row.last_seen = now;
        rows.push_back(watched(row, now));
    }
    return rows;
}

}  // namespace edgeroll::sim
