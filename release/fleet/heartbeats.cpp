#include "release/fleet/heartbeats.hpp"

#include <algorithm>
#include <utility>

#include "release/mutant.hpp"

namespace edgeroll::release {
namespace {

bool is_same_place(const Address& one, const Address& other) {
    return one.ip == other.ip && one.port == other.port && one.fingerprint == other.fingerprint;
}

}  // namespace

void Heartbeats::schedule(Watched& node, Instant at) {
    node.due = at;
    lane_of(node).emplace(at, node.row.node);
}

void Heartbeats::unschedule(Watched& node) {
    lane_of(node).erase({node.due, node.row.node});
}

/// Spread over one period by a hash of the node, so that every process spreads them alike.
Instant Heartbeats::first_due(NodeId node, Instant now) const {
    const auto period = static_cast<std::uint64_t>(rules_.period.count());
    const std::uint64_t phase =
        (static_cast<std::uint64_t>(node.value) * 0x9E3779B97F4A7C15U >> 20U) % period;
    return now + Millis{static_cast<std::int64_t>(phase)};
}

/// Questions that were missed meanwhile are not made up for.
Instant Heartbeats::due_after(Instant due, Instant now) const {
    due += rules_.period;
    if (due < now) due += (now - due) / rules_.period * rules_.period + rules_.period;
    return due;
}

void Heartbeats::begin_again(Watched& node) {
    node.misses = 0;
    node.answer.reset();
    node.news.reset();
    node.is_void = node.is_open;
}

void Heartbeats::load(std::vector<WatchedNode> nodes, Instant now) {
    std::map<NodeId, Watched> loaded;
    for (WatchedNode& row : nodes) {
        const NodeId id = row.node;
        const auto known = nodes_.find(id);
        if (known == nodes_.end()) {
            Watched fresh;
            fresh.seen_written =
                row.unseen_for < Millis{0} ? now - rules_.seen_every : now - row.unseen_for;
            fresh.row = std::move(row);
            if (fresh.row.has_old_mark) changed_.insert(id);
            loaded.emplace(id, std::move(fresh));
            continue;
        }
        Watched kept = std::move(known->second);
        // Another machine, perhaps: what the former one said is not of this one.
        if (!is_same_place(kept.row.address, row.address)) {
            begin_again(kept);
            silent_.erase(id);
        }
        kept.row = std::move(row);
        if (kept.news == kept.row.observed) kept.news.reset();
        if (kept.row.has_old_mark) changed_.insert(id);
        loaded.emplace(id, std::move(kept));
    }
    // What is gone, and has an open question, is not counted as open any more: heard() ignores it.
    for (const auto& [id, gone] : nodes_) {
        if (loaded.contains(id)) continue;
        if (gone.is_open) --(gone.was_silent ? silent_open_ : open_);
        changed_.erase(id);
        silent_.erase(id);
    }
    nodes_ = std::move(loaded);
    due_.clear();
    due_silent_.clear();
    for (auto& [id, node] : nodes_) {
        if (node.is_open) continue;
        const bool is_new = node.due == Instant{};
        schedule(node, is_new ? first_due(id, now) : node.due);
    }
}

void Heartbeats::begin_again(Instant now) {
    if (has_mutant(Mutant::away_counts_as_silence)) return;
    network_lost_at_.reset();
    for (auto& [id, node] : nodes_) {
        if (!node.is_open) unschedule(node);
        begin_again(node);
        if (!node.is_open) schedule(node, first_due(id, now));
    }
    silent_.clear();
    changed_.clear();
}

void Heartbeats::take_from(Due& lane, Instant now, std::size_t limit, std::vector<NodeId>& taken) {
    while (!lane.empty() && lane.begin()->first <= now && limit > 0) {
        Watched& node = nodes_.at(lane.begin()->second);
        lane.erase(lane.begin());
        node.is_open = true;
        node.was_silent = &lane == &due_silent_;
        node.asked_due = node.due;
        node.asked = {node.row.applied_version, node.row.applied_sha256};
        ++(node.was_silent ? silent_open_ : open_);
        taken.push_back(node.row.node);
        --limit;
    }
}

std::vector<NodeId> Heartbeats::take_due(Instant now) {
    std::vector<NodeId> taken;
    const auto room = [](int most, std::size_t used) {
        const auto limit = static_cast<std::size_t>(most);
        return limit > used ? limit - used : 0;
    };
    take_from(due_, now, room(rules_.open_max, open_), taken);
    take_from(due_silent_, now, room(rules_.silent_open_max, silent_open_), taken);
    return taken;
}

Instant Heartbeats::next_due() const {
    Instant next = never;
    if (!due_.empty() && open_ < static_cast<std::size_t>(rules_.open_max)) {
        next = due_.begin()->first;
    }
    if (!due_silent_.empty() && silent_open_ < static_cast<std::size_t>(rules_.silent_open_max)) {
        next = std::min(next, due_silent_.begin()->first);
    }
    return next;
}

const Address* Heartbeats::address_of(NodeId node) const {
    const auto found = nodes_.find(node);
    return found == nodes_.end() ? nullptr : &found->second.row.address;
}

bool Heartbeats::is_silent(NodeId node) const {
    return silent_.contains(node);
}

void Heartbeats::take_news(Watched& node, Observation observed) {
    // Some agents tell their capabilities with a task only.
    if (observed.capabilities.empty()) observed.capabilities = node.row.observed.capabilities;
    node.news.reset();
    if (observed != node.row.observed) node.news = std::move(observed);
    node.news_base = node.asked;
}

void Heartbeats::heard(NodeId id, const Pulse& pulse, Instant now) {
    const auto found = nodes_.find(id);
    if (found == nodes_.end() || !found->second.is_open) return;
    Watched& node = found->second;
    node.is_open = false;
    --(node.was_silent ? silent_open_ : open_);
    const bool is_void = std::exchange(node.is_void, false);
    if (pulse.is_answered && !is_void) {
        node.misses = 0;
        node.answer = now;
        silent_.erase(id);
        if (pulse.observed) take_news(node, *pulse.observed);
    } else if (!is_void) {
        if (node.misses == 0) node.silent_since = node.asked_due;
        ++node.misses;
        silent_.insert(id);
    }
    schedule(node, due_after(node.asked_due, now));
    if (wants_write(node)) changed_.insert(id);
}

void Heartbeats::heard_nothing(NodeId node, Instant now) {
    const auto found = nodes_.find(node);
    if (found != nodes_.end()) found->second.is_void = true;
    heard(node, Pulse{}, now);
}

bool Heartbeats::is_seen_late(const Watched& node) const {
    return node.misses == 0 && node.answer && *node.answer - node.seen_written >= rules_.seen_every;
}

bool Heartbeats::wants_write(const Watched& node) const {
    return node.news || is_seen_late(node) || mark_for(node) != Sighting::Mark::none;
}

Sighting::Mark Heartbeats::mark_for(const Watched& node) const {
    if (node.row.has_old_mark) return Sighting::Mark::clear;
    const bool may_be_marked = node.row.is_online || has_mutant(Mutant::marks_maintenance);
    if (may_be_marked && !node.row.is_marked && node.misses >= rules_.misses) {
        return Sighting::Mark::offline;
    }
    if (node.row.is_marked && node.misses == 0 && node.answer) return Sighting::Mark::online;
    return Sighting::Mark::none;
}

/// Whether at least five, and more than half of the nodes that are online, fell silent within one
/// period. Nodes that were not heard of so far, in a share that has just grown, say nothing.
bool Heartbeats::looks_like_own_network() const {
    if (has_mutant(Mutant::own_network_marked)) return false;
    std::vector<Instant> silent;
    for (const NodeId id : silent_) {
        const Watched& node = nodes_.at(id);
        if (node.row.is_online) silent.push_back(node.silent_since);
    }
    if (silent.size() < static_cast<std::size_t>(rules_.own_network_nodes)) return false;
    const auto online =
        static_cast<std::size_t>(std::count_if(nodes_.begin(), nodes_.end(), [](const auto& one) {
            const Watched& node = one.second;
            return node.row.is_online && (node.answer || node.misses > 0);
        }));
    std::sort(silent.begin(), silent.end());
    std::size_t first = 0;
    for (std::size_t last = 0; last < silent.size(); ++last) {
        while (silent[last] - silent[first] > rules_.period)
            ++first;
        const std::size_t count = last - first + 1;
        if (count >= static_cast<std::size_t>(rules_.own_network_nodes) && 2 * count > online) {
            return true;
        }
    }
    return false;
}

void Heartbeats::forgive_all_but_one() {
    for (const NodeId id : silent_)
        nodes_.at(id).misses = 1;
}

void Heartbeats::judge_network(Instant now) {
    const bool is_lost = looks_like_own_network();
    // It is back, and those that were not asked again so far are still silent.
    if (!is_lost && is_own_network_) forgive_all_but_one();
    if (!is_lost) network_lost_at_.reset();
    if (is_lost && !network_lost_at_) network_lost_at_ = now;
    is_own_network_ = is_lost && now - *network_lost_at_ < rules_.own_network_max;
    // Those that were not asked yet may be silent as well.
    is_late_ = !due_.empty() && now - due_.begin()->first > rules_.period;
}

std::vector<Sighting> Heartbeats::to_write(Instant now, std::size_t limit) {
    judge_network(now);
    std::vector<Sighting> sightings;
    for (auto it = changed_.begin(); it != changed_.end() && sightings.size() < limit;) {
        const Watched& node = nodes_.at(*it);
        Sighting one;
        one.node = *it;
        one.is_seen = is_seen_late(node);
        one.observed = node.news;
        one.mark = mark_for(node);
        one.applied_version = node.news_base.version;
        one.applied_sha256 = node.news_base.sha256;
        if (one.mark == Sighting::Mark::offline) one.silent_for = now - node.silent_since;
        const bool is_held = one.mark == Sighting::Mark::offline && (is_own_network_ || is_late_);
        if (is_held) one.mark = Sighting::Mark::none;
        const bool has_something = one.observed || one.is_seen || one.mark != Sighting::Mark::none;
        if (has_something) sightings.push_back(std::move(one));
        it = has_something || is_held ? std::next(it) : changed_.erase(it);
    }
    return sightings;
}

void Heartbeats::wrote(const std::vector<Sighting>& sightings, const std::vector<WatchedNode>& rows,
                       Instant now) {
    std::map<NodeId, const WatchedNode*> by_node;
    for (const WatchedNode& row : rows)
        by_node[row.node] = &row;
    for (const Sighting& sighting : sightings) {
        const auto found = nodes_.find(sighting.node);
        if (found == nodes_.end()) continue;
        Watched& node = found->second;
        changed_.erase(sighting.node);
        const auto row = by_node.find(sighting.node);
        if (row == by_node.end()) continue;  // the next load() drops it
        node.row = *row->second;
        if (sighting.is_seen) node.seen_written = now;
        // News that came while this was written stays.
        if (node.news == sighting.observed || node.news == node.row.observed) node.news.reset();
        if (wants_write(node)) changed_.insert(sighting.node);
    }
}

}  // namespace edgeroll::release
