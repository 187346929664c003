#include "release/fleet/heartbeats.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "release/mutant.hpp"

namespace edgeroll::release {

std::size_t Heartbeats::lane_of(const Watched& node) const {
    if (node.misses == 0) return 0;
    return node.misses < rules_.misses ? 1 : 2;
}

std::size_t Heartbeats::room_of(std::size_t lane) const {
    const int most = lane == 0 ? rules_.open_max : rules_.silent_open_max;
    const auto limit = static_cast<std::size_t>(most);
    return limit > open_[lane] ? limit - open_[lane] : 0;
}

void Heartbeats::schedule(Watched& node, Instant at) {
    node.due = at;
    due_[lane_of(node)].emplace(at, node.row.node);
}

void Heartbeats::unschedule(Watched& node) {
    due_[lane_of(node)].erase({node.due, node.row.node});
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

void Heartbeats::forget(Watched& node) {
    node.misses = 0;
    node.answer.reset();
    node.news.reset();
    node.is_void = node.is_open;
}

void Heartbeats::load(std::vector<WatchedNode> nodes, Instant now) {
    std::sort(nodes.begin(), nodes.end(),
              [](const auto& one, const auto& other) { return one.node < other.node; });
    std::vector<NodeId> ids;
    std::vector<Watched> loaded;
    ids.reserve(nodes.size());
    loaded.reserve(nodes.size());
    for (WatchedNode& row : nodes) {
        const NodeId id = row.node;
        Watched* const before = find(id);
        if (before == nullptr) {
            Watched fresh;
            fresh.seen_written =
                row.unseen_for < Millis{0} ? now - rules_.seen_every : now - row.unseen_for;
            fresh.row = std::move(row);
            loaded.push_back(std::move(fresh));
        } else {
            loaded.push_back(std::move(*before));
            Watched& kept = loaded.back();
            before->is_open = false;
            // Another machine, perhaps: what the former one said is not of this one.
            if (!is_same_place(kept.row.address, row.address)) {
                forget(kept);
                silent_.erase(id);
            }
            kept.row = std::move(row);
            if (kept.news == kept.row.observed) kept.news.reset();
        }
        if (loaded.back().row.has_old_mark) changed_.insert(id);
        ids.push_back(id);
    }
    // What is gone, and has an open question, is not counted as open any more: heard() ignores it.
    for (const Watched& gone : nodes_) {
        if (gone.is_open) --open_[gone.lane];
    }
    ids_ = std::move(ids);
    nodes_ = std::move(loaded);
    std::erase_if(changed_, [this](NodeId id) { return find(id) == nullptr; });
    std::erase_if(silent_, [this](NodeId id) { return find(id) == nullptr; });
    for (Due& lane : due_)
        lane.clear();
    for (Watched& node : nodes_) {
        if (node.is_open) continue;
        const bool is_new = node.due == Instant{};
        schedule(node, is_new ? first_due(node.row.node, now) : node.due);
    }
}

const Heartbeats::Watched* Heartbeats::find(NodeId node) const {
    const auto found = std::lower_bound(ids_.begin(), ids_.end(), node);
    if (found == ids_.end() || *found != node) return nullptr;
    return &nodes_[static_cast<std::size_t>(found - ids_.begin())];
}

Heartbeats::Watched* Heartbeats::find(NodeId node) {
    return const_cast<Watched*>(std::as_const(*this).find(node));
}

void Heartbeats::begin_again(Watched& node, Instant now) {
    if (!node.is_open) unschedule(node);
    forget(node);
    if (!node.is_open) schedule(node, first_due(node.row.node, now));
}

void Heartbeats::begin_again(Instant now) {
    if (has_mutant(Mutant::away_counts_as_silence)) return;
    network_lost_at_.reset();
    for (Watched& node : nodes_)
        begin_again(node, now);
    silent_.clear();
    changed_.clear();
}

std::vector<Question> Heartbeats::take_due(Instant now) {
    std::vector<Question> taken;
    for (std::size_t lane = 0; lane < lanes; ++lane) {
        Due& due = due_[lane];
        while (!due.empty() && due.begin()->first <= now && room_of(lane) > 0) {
            Watched& node = known(due.begin()->second);
            due.erase(due.begin());
            node.is_open = true;
            node.is_void = false;
            node.lane = lane;
            node.question = ++questions_;
            node.asked_due = node.due;
            node.asked = {node.row.applied_version, node.row.applied_sha256};
            ++open_[lane];
            taken.push_back({node.row.node, node.question});
        }
    }
    return taken;
}

Instant Heartbeats::next_due() const {
    Instant next = never;
    for (std::size_t lane = 0; lane < lanes; ++lane) {
        if (!due_[lane].empty() && room_of(lane) > 0) {
            next = std::min(next, due_[lane].begin()->first);
        }
    }
    return next;
}

const Address* Heartbeats::address_of(NodeId node) const {
    const Watched* const found = find(node);
    return found == nullptr ? nullptr : &found->row.address;
}

void Heartbeats::take_news(Watched& node, Observation observed) {
    // Some agents tell their capabilities with a task only.
    if (observed.capabilities.empty()) observed.capabilities = node.row.observed.capabilities;
    node.news.reset();
    if (observed != node.row.observed) node.news = std::move(observed);
    node.news_base = node.asked;
}

void Heartbeats::heard(Question question, const Pulse& pulse, Instant now) {
    const NodeId id = question.node;
    Watched* const found = find(id);
    if (found == nullptr || !found->is_open || found->question != question.number) return;
    Watched& node = *found;
    node.is_open = false;
    --open_[node.lane];
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

void Heartbeats::heard_nothing(Question question, Instant now) {
    Watched* const found = find(question.node);
    if (found != nullptr && found->question == question.number) found->is_void = true;
    heard(question, Pulse{}, now);
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
/// period, and the time of a question: one that was open when it began delays the next. Nodes that
/// were not heard of so far, in a share that has just grown, say nothing.
bool Heartbeats::looks_like_own_network() const {
    if (has_mutant(Mutant::own_network_marked)) return false;
    std::vector<Instant> silent;
    for (const NodeId id : silent_) {
        const Watched& node = known(id);
        if (node.row.is_online) silent.push_back(node.silent_since);
    }
    if (silent.size() < static_cast<std::size_t>(rules_.own_network_nodes)) return false;
    const auto online =
        static_cast<std::size_t>(std::count_if(nodes_.begin(), nodes_.end(), [](const auto& one) {
            return one.row.is_online && (one.answer || one.misses > 0);
        }));
    std::sort(silent.begin(), silent.end());
    std::size_t first = 0;
    for (std::size_t last = 0; last < silent.size(); ++last) {
        while (silent[last] - silent[first] > rules_.period + rules_.question)
            ++first;
        const std::size_t count = last - first + 1;
        if (count >= static_cast<std::size_t>(rules_.own_network_nodes) && 2 * count > online) {
            return true;
        }
    }
    return false;
}

void Heartbeats::forgive_all_but_one() {
    for (const NodeId id : silent_) {
        Watched& node = known(id);
        if (!node.is_open) unschedule(node);
        node.misses = 1;
        if (!node.is_open) schedule(node, node.due);
    }
}

void Heartbeats::judge_network(Instant now) {
    const bool is_lost = looks_like_own_network();
    // It is back, and those that were not asked again so far are still silent.
    if (!is_lost && is_own_network_) forgive_all_but_one();
    if (!is_lost) network_lost_at_.reset();
    if (is_lost && !network_lost_at_) network_lost_at_ = now;
    is_own_network_ = is_lost && now - *network_lost_at_ < rules_.own_network_max;
    // Those that were not asked yet may be silent as well.
    is_late_ = !due_[0].empty() && now - due_[0].begin()->first > rules_.period;
}

std::vector<Sighting> Heartbeats::to_write(Instant now, std::size_t limit) {
    judge_network(now);
    std::vector<Sighting> sightings;
    for (auto it = changed_.begin(); it != changed_.end() && sightings.size() < limit;) {
        const Watched& node = known(*it);
        Sighting one;
        one.node = *it;
        one.address = node.row.address;
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
        Watched* const found = find(sighting.node);
        if (found == nullptr) continue;
        Watched& node = *found;
        changed_.erase(sighting.node);
        const auto row = by_node.find(sighting.node);
        // Gone, which the next load() sees, or locked by others: its next heartbeat tries again.
        if (row == by_node.end()) continue;
        if (!is_same_place(node.row.address, row->second->address)) {
            begin_again(node, now);
            silent_.erase(sighting.node);
        }
        node.row = *row->second;
        if (sighting.is_seen) node.seen_written = now;
        // News that came while this was written stays.
        if (node.news == sighting.observed || node.news == node.row.observed) node.news.reset();
        if (wants_write(node)) changed_.insert(sighting.node);
    }
}

}  // namespace edgeroll::release
