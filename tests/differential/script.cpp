#include "tests/differential/script.hpp"

#include <array>

#include "tests/differential/side.hpp"
#include "tests/sim/rng.hpp"

namespace edgeroll::differential {
namespace {

struct Weighted {
    Verb verb;
    const char* name;
    int weight;
};

// The runners' operations are drawn often enough for releases to advance between two disturbances.
constexpr std::array<Weighted, 29> verbs{{
    {Verb::insert_node, "insert node", 3},
    {Verb::change_node, "change node", 4},
    {Verb::delete_node, "delete node", 1},
    {Verb::insert_content, "insert content", 2},
    {Verb::insert_release, "insert release", 7},
    {Verb::insert_row, "insert row", 4},
    {Verb::delete_row, "delete row", 2},
    {Verb::delete_release, "delete release", 1},
    {Verb::set_row, "set row", 4},
    {Verb::set_status, "set status", 2},
    {Verb::set_action, "set action", 4},
    {Verb::set_total, "set total_nodes", 2},
    {Verb::set_not_before, "set not_before", 2},
    {Verb::set_epoch, "set claim_epoch", 2},
    {Verb::end_lease, "end lease", 5},
    {Verb::age_rows_seen, "age rows_seen", 6},
    {Verb::age_running, "age running", 2},
    {Verb::claimable, "claimable", 10},
    {Verb::claim, "claim", 7},
    {Verb::renew, "renew", 3},
    {Verb::give_back, "give back", 3},
    {Verb::read, "read", 4},
    {Verb::prepare, "prepare", 5},
    {Verb::submit, "submit", 5},
    {Verb::overtaken, "overtaken", 7},
    {Verb::work, "work", 18},
    {Verb::report, "report", 12},
    {Verb::hostile_commit, "hostile commit", 12},
    {Verb::record, "record", 2},
}};

Verb draw_verb(sim::Rng& rng) {
    int total = 0;
    for (const Weighted& weighted : verbs)
        total += weighted.weight;
    auto left = static_cast<int>(rng.below(static_cast<std::size_t>(total)));
    for (const Weighted& weighted : verbs) {
        left -= weighted.weight;
        if (left < 0) return weighted.verb;
    }
    return Verb::claimable;
}

/// One script in three keeps to one subject half of the time: some differences need several rare
/// operations on one release.
Verb draw_verb(const std::vector<Verb>& subject, sim::Rng& rng) {
    return !subject.empty() && rng.chance(0.5) ? rng.pick(subject) : draw_verb(rng);
}

std::vector<Verb> draw_subject(sim::Rng& rng) {
    switch (rng.below(6)) {
        case 0:  // rows that are added, changed and deleted
            return {Verb::age_rows_seen, Verb::set_row,   Verb::insert_row,    Verb::delete_row,
                    Verb::set_total,     Verb::claimable, Verb::set_not_before};
        case 1:  // commits that no core would make, on releases that share nodes
            return {Verb::hostile_commit, Verb::hostile_commit, Verb::claim,
                    Verb::end_lease,      Verb::insert_release, Verb::set_status};
        default:
            return {};
    }
}

}  // namespace

Script draw_script(std::uint64_t seed) {
    sim::Rng rng(seed);
    // Some scripts keep to few releases and one owner, so that these get far.
    const std::int64_t releases_here = rng.between(1, releases);
    const std::int64_t owners_here = rng.between(1, owners);
    const std::vector<Verb> subject = draw_subject(rng);
    Script script;
    const auto add = [&](Verb verb) {
        Operation operation;
        operation.verb = verb;
        operation.owner = static_cast<int>(rng.between(0, owners_here - 1));
        operation.release = rng.between(1, releases_here);
        operation.node = rng.between(1, nodes);
        operation.dice = rng.next();
        script.push_back(operation);
    };
    for (std::int64_t node = 1; node <= nodes; ++node) {
        if (!rng.chance(0.9)) continue;
        add(Verb::insert_node);
        script.back().node = node;
    }
    const std::int64_t length = rng.between(15, 50);
    for (std::int64_t i = 0; i < length; ++i)
        add(i < 2 ? Verb::insert_release : draw_verb(subject, rng));
    return script;
}

std::string describe(const Operation& operation) {
    std::string name;
    for (const Weighted& weighted : verbs) {
        if (weighted.verb == operation.verb) name = weighted.name;
    }
    return name + " (owner " + std::to_string(operation.owner) + ", release " +
           std::to_string(operation.release) + ", node " + std::to_string(operation.node) +
           ", dice " + std::to_string(operation.dice) + ")";
}

}  // namespace edgeroll::differential
