// Heartbeats: what they write to `status` is true, and theirs to write (docs/contract.md 6.12).
#include <algorithm>

#include "release/fleet/members.hpp"
#include "witness.hpp"

namespace edgeroll::sim {

using release::ObservedContent;
using Mark = release::Sighting::Mark;

void Witness::is_member(const std::string& owner, Instant until) {
    Membership& own = memberships_[owner];
    if (timeline_.now() >= own.until) own.since = timeline_.now();
    own.until = until;
}

void Witness::network_cut(const std::string& owner, Instant until) {
    const Instant now = timeline_.now();
    Cut cut{now, until, {}};
    for (const auto& [whose, at] : heard_beat_) {
        const bool is_fresh = now - at <= heartbeat_rules.period * 3 / 2;
        if (whose.first == owner && is_fresh) cut.living.insert(whose.second);
    }
    cuts_[owner] = std::move(cut);
}

/// Nodes of the owner's share that are online, and those of them that were well before the cut.
std::pair<int, int> Witness::share_of(const std::string& owner, const Cut& cut) const {
    const auto members = database_->members(timeline_.now());
    std::pair<int, int> counts;
    for (const auto& [id, row] : database_->inventory()) {
        if (!row.is_enabled || row.is_in_maintenance || !row.is_online) continue;
        if (members.empty() || release::member_of(id, members) != owner) continue;
        ++counts.first;
        if (cut.living.contains(row.address.name)) ++counts.second;
    }
    return counts;
}

void Witness::marked(const std::string& owner, const InventoryRow& before, Mark mark) {
    const std::string& name = before.address.name;
    const bool is_theirs = before.has_mark && !before.is_online && !before.is_in_maintenance;
    if (mark == Mark::online && !is_theirs) {
        violated("F1", owner + " brings " + name + " online, whom others took out");
    }
    if (mark != Mark::offline) return;
    if (before.is_in_maintenance || !before.is_online) {
        violated("F1", owner + " marks " + name + ", whose status is others'");
    }
    const Instant now = timeline_.now();
    const Millis period = heartbeat_rules.period;
    const auto heard = heard_beat_.find({owner, name});
    if (heard != heard_beat_.end() && now - heard->second < period * 2) {
        violated("F1", owner + " marks " + name + ", whose answer it has just had");
    }
    const auto member = memberships_.find(owner);
    if (member == memberships_.end() || now - member->second.since < period * 2) {
        violated("F2", owner + " marks " + name + " right after it was away itself");
    }
    // Of nodes that are well, none is marked for being out of reach of one process.
    const auto cut = cuts_.find(owner);
    if (cut == cuts_.end() || now >= cut->second.until) return;
    const auto [online, living] = share_of(owner, cut->second);
    const bool was_alone =
        std::all_of(memberships_.begin(), memberships_.end(), [&](const auto& one) {
            return one.first == owner || one.second.until < cut->second.since;
        });
    // A margin, since the process may have read the nodes some seconds ago.
    const bool is_large = was_alone && !before.was_unavailable &&
                          living > heartbeat_rules.own_network_nodes && 10 * living >= 7 * online;
    const bool is_early = now - cut->second.since < heartbeat_rules.own_network_max;
    if (is_large && is_early && cut->second.living.contains(name)) {
        violated("F3", owner + " marks " + name + " while its own network is gone");
    }
}

void Witness::check_fleet(const std::vector<SimNode*>& nodes) {
    for (const SimNode* node : nodes) {
        const auto found = database_->inventory().find(node->id());
        if (found == database_->inventory().end() || !found->second.is_enabled) continue;
        const InventoryRow& row = found->second;
        const bool is_marked = row.has_mark && !row.is_online && !row.is_in_maintenance;
        if (!node->is_dead && is_marked) violated("F4", node->name() + " answers, and is offline");
        if (row.is_offline_by_hand && row.is_online && !row.is_in_maintenance) {
            violated("F1", node->name() + " is online, and an operator said offline");
        }
        if (node->is_dead || node->is_two_call) continue;
        if (row.observed != node->observation()) {
            violated("F4", node->name() + " is seen as " +
                               std::string(to_text(row.observed.content)) + " " +
                               row.observed.sha256 + ", and it is " +
                               std::string(to_text(node->observation().content)) + " " +
                               node->observation().sha256);
        }
    }
}

}  // namespace edgeroll::sim
