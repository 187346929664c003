// For any order of requests and returns: how many places each release has (docs/adr/0016).
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <utility>
#include <vector>

#include "control/core/shares.hpp"

namespace edgeroll::control {
namespace {

using release::ReleaseId;

/// The holders of places, and whether each is proven; Shares must know the same.
struct Bench {
    explicit Bench(int count) : shares(count), places(count) {}

    void ask(ReleaseId release, bool is_proven) {
        asked.emplace(shares.ask(release, is_proven), std::pair(release, is_proven));
        settle();
    }
    void give_back(std::size_t which) {
        const auto held = had[which];
        had.erase(had.begin() + static_cast<std::ptrdiff_t>(which));
        shares.give_back(held.first, held.second);
        settle();
    }
    void settle() {
        while (const auto ticket = shares.next()) {
            const auto found = asked.find(*ticket);
            RC_ASSERT(found != asked.end());
            had.push_back(found->second);
            asked.erase(found);
        }
    }
    void check() const {
        const int unproven = count([](const auto& one) { return !one.second; });
        RC_ASSERT(static_cast<int>(had.size()) <= places);
        RC_ASSERT(unproven <= std::max(places / 2, 1));
        RC_ASSERT(shares.used() == static_cast<int>(had.size()));
        RC_ASSERT(shares.unproven() == unproven);
        // A request of a release without a place only waits when no place is free for it.
        for (const auto& [ticket, who] : asked) {
            const auto& owner = who.first;  // clang captures no structured binding
            const int mine = count([&](const auto& one) { return one.first == owner; });
            const bool is_full = static_cast<int>(had.size()) == places ||
                                 (!who.second && unproven == std::max(places / 2, 1));
            RC_ASSERT(mine > 0 || is_full);
        }
    }
    template <class Which>
    [[nodiscard]] int count(Which which) const {
        int number = 0;
        for (const auto& one : had)
            number += which(one) ? 1 : 0;
        return number;
    }
    [[nodiscard]] int count_of(ReleaseId release) const {
        return count([&](const auto& one) { return one.first == release; });
    }

    Shares shares;
    int places;
    std::map<Shares::Ticket, std::pair<ReleaseId, bool>> asked;
    std::vector<std::pair<ReleaseId, bool>> had;
};

RC_GTEST_PROP(Shares, gives_no_more_than_there_are_and_lets_nobody_wait_without_need, ()) {
    Bench bench(*rc::gen::inRange(1, 40));
    const int steps = *rc::gen::inRange(1, 150);
    for (int i = 0; i < steps; ++i) {
        const bool gives_back = !bench.had.empty() && *rc::gen::arbitrary<bool>();
        if (gives_back) {
            bench.give_back(*rc::gen::inRange<std::size_t>(0, bench.had.size()));
        } else {
            bench.ask(ReleaseId{*rc::gen::inRange(1, 6)}, *rc::gen::arbitrary<bool>());
        }
        bench.check();
    }
    // Once all places are returned in turn, every request gets a place.
    while (!bench.had.empty())
        bench.give_back(0);
    RC_ASSERT(bench.asked.empty());
}

// An unreachable region: its requests end at any time.
RC_GTEST_PROP(Shares, finds_room_at_once_for_whoever_comes_beside_a_dark_release, ()) {
    Bench bench(*rc::gen::inRange(8, 400));
    const int dark_nodes = *rc::gen::inRange(1, 1000);
    for (int i = 0; i < dark_nodes; ++i)
        bench.ask(ReleaseId{1}, false);
    const int newcomers = *rc::gen::inRange(1, 4);
    for (int i = 0; i < newcomers; ++i) {
        const ReleaseId other{2};
        const bool is_proven = *rc::gen::arbitrary<bool>();
        bench.ask(other, is_proven);
        RC_ASSERT(bench.count_of(other) > 0);
        // It answers, and the next request is treated alike.
        for (std::size_t which = bench.had.size(); which-- > 0;) {
            if (bench.had[which].first == other) bench.give_back(which);
        }
    }
}

// Also where all nodes of a release were known, and became unreachable together.
RC_GTEST_PROP(Shares, finds_room_beside_a_release_whose_known_nodes_hang, ()) {
    Bench bench(*rc::gen::inRange(8, 400));
    for (int i = 0; i < 1000; ++i)
        bench.ask(ReleaseId{1}, true);
    bench.ask(ReleaseId{2}, *rc::gen::arbitrary<bool>());
    RC_ASSERT(bench.count_of(ReleaseId{2}) == 1);
}

RC_GTEST_PROP(Shares, lets_one_release_have_most_of_the_places_and_two_as_many_each, ()) {
    const int places = *rc::gen::inRange(16, 100);
    Bench alone(places);
    for (int i = 0; i < places; ++i)
        alone.ask(ReleaseId{1}, true);
    RC_ASSERT(alone.count_of(ReleaseId{1}) >= places * 3 / 4);

    // Regardless of the order of arrival, after some turns both have the same number of places.
    for (int i = 0; i < places; ++i)
        alone.ask(ReleaseId{2}, true);
    for (int i = 0; i < 4 * places; ++i) {
        const std::size_t which = static_cast<std::size_t>(i) * 7 % alone.had.size();
        const ReleaseId whose = alone.had[which].first;
        alone.give_back(which);
        alone.ask(whose, true);
    }
    const int first = alone.count_of(ReleaseId{1});
    const int second = alone.count_of(ReleaseId{2});
    RC_ASSERT(std::abs(first - second) <= 1);
}

}  // namespace
}  // namespace edgeroll::control
