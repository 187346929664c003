#include "control/core/reconciler.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <utility>
#include <vector>

#include "tests/support/manual_clock.hpp"
#include "tests/unit/core/fakes.hpp"
#include "tls/rt/spawn.hpp"

namespace edgeroll::control {
namespace {

using release::Millis;
using release::NodeId;
using release::OwedNode;
using release::ReleaseId;
using release::Result;

/// Three deferred nodes of two releases, and whatever the test adds.
class Behind final : public ReconcileStore {
  public:
    std::vector<std::pair<std::int64_t, std::int64_t>> left{{7, 1}, {7, 2}, {9, 3}};
    std::vector<std::pair<std::int64_t, std::size_t>> taken;  ///< release, number of nodes
    OwedNodes owing;
    std::vector<Reconciled> ended;
    std::string refusal;
    std::optional<Straggler> reached;  ///< and no node is found until the look reaches it
    std::vector<std::int64_t> asked_from;
    std::vector<std::int64_t> cursors;
    int looks = 0;

    awaitable<Result<ReconcileProgress>> progress() override {
        co_return ReconcileProgress{std::exchange(ended, {}), owing.pace};
    }
    awaitable<Result<OwedNodes>> owed(std::optional<NodeId> cursor) override {
        ++looks;
        cursors.push_back(cursor ? cursor->value : 0);
        co_return owing;
    }
    awaitable<Result<Stragglers>> stragglers(std::optional<Straggler> cursor, int limit) override {
        asked_from.push_back(cursor ? cursor->release.value : 0);
        if (reached && (!cursor || cursor->release != reached->release)) {
            co_return Stragglers{{}, reached};
        }
        std::vector<Straggler> found;
        for (const auto& [release, node] : left) {
            const std::pair at(release, node);
            const bool is_after =
                !cursor || at > std::pair(cursor->release.value, cursor->node.value);
            if (!is_after || static_cast<int>(found.size()) == limit) continue;
            Straggler one;
            one.release = ReleaseId{release};
            one.node = NodeId{node};
            found.push_back(one);
        }
        co_return Stragglers{found, std::nullopt};
    }
    awaitable<Result<TakenUp>> take_up(release::ReconcileRules,
                                       release::ReconcileRound round) override {
        if (!refusal.empty()) co_return TakenUp{{}, refusal, {}};
        taken.emplace_back(round.release.value, round.nodes.size());
        TakenUp done;
        for (const OwedNode& node : round.nodes)
            done.nodes.push_back(node.node);
        std::erase_if(left, [&](const auto& one) { return one.first == round.release.value; });
        owing.releases.clear();
        co_return done;
    }
    /// A wiped node of release 5.
    void owe(std::int64_t id) {
        OwedNode node;
        node.node = NodeId{id};
        node.cause = release::OwedCause::empty;
        node.can_repair = true;
        if (owing.releases.empty()) {
            owing.releases.emplace_back();
            owing.releases.back().id = ReleaseId{5};
            owing.releases.back().is_proven = true;
        }
        owing.releases.back().nodes.push_back(node);
        owing.addresses.emplace_back(node.node, release::Address{});
    }
};

class Told final : public Observer {
  public:
    std::vector<std::string> events, outcomes;

    void gate_answered(release::GateAnswer::Kind) override {}
    void note(Severity, std::string_view event, const Fields&) override {
        events.emplace_back(event);
    }
    void dispatch_took(Millis) override {}
    void node_finished(release::NodeStatus, release::FailureKind, Millis) override {}
    void agent_error(release::Heard) override {}
    void database_error(release::Outcome) override {}
    void lease_lost() override {}
    void reconciled(std::string_view outcome) override { outcomes.emplace_back(outcome); }
    void violation(const release::Violation&) override {}
    [[nodiscard]] std::size_t count(const char* event) const {
        return static_cast<std::size_t>(std::ranges::count(events, std::string(event)));
    }
};

struct Reconciling : testing::Test {
    Behind store;
    OneAgent agents;
    Told observer;
    boost::asio::io_context context;
    test::ManualClock clock{context};

    void SetUp() override {
        rt::spawn(context.get_executor(), "reconciliation",
                  run_reconciler(store, agents, clock, observer, {}, Millis{30'000}));
        clock.pump();
    }
};

TEST_F(Reconciling, leaves_nodes_alone_that_are_still_away) {
    store.owe(4);
    clock.advance(Millis{300'000});
    EXPECT_TRUE(store.taken.empty());
}

TEST_F(Reconciling, takes_up_the_nodes_of_one_release_a_turn_once_they_are_back) {
    agents.is_there = true;
    clock.advance(Millis{30'000});
    ASSERT_EQ(store.taken.size(), 1U);
    EXPECT_EQ(store.taken[0], (std::pair<std::int64_t, std::size_t>(7, 2)));
    clock.advance(Millis{30'000});
    ASSERT_EQ(store.taken.size(), 2U);
    EXPECT_EQ(store.taken[1], (std::pair<std::int64_t, std::size_t>(9, 1)));
    EXPECT_EQ(observer.count("catch_up"), 2U);
}

TEST_F(Reconciling, goes_on_where_a_look_that_found_nobody_ended) {
    agents.is_there = true;
    store.reached = Straggler{};
    store.reached->release = ReleaseId{5};
    clock.advance(Millis{30'000});
    EXPECT_TRUE(store.taken.empty());
    clock.advance(Millis{30'000});
    ASSERT_EQ(store.taken.size(), 1U);
    EXPECT_EQ(store.asked_from, (std::vector<std::int64_t>{0, 5}));
}

TEST_F(Reconciling, serves_what_heartbeats_have_seen_and_looks_sooner_while_it_does) {
    agents.is_there = true;
    store.left.clear();
    store.owe(4);
    store.owe(6);
    clock.advance(Millis{30'000});
    ASSERT_EQ(store.taken.size(), 1U);
    EXPECT_EQ(store.taken[0], (std::pair<std::int64_t, std::size_t>(5, 2)));
    EXPECT_EQ(observer.count("reconcile"), 1U);
    store.owing.pace.open = 2;
    const int before = store.looks;
    clock.advance(Millis{10'000});
    EXPECT_GE(store.looks, before + 4);
    store.owing.pace.open = 0;
    store.ended = {{ReleaseId{5}, NodeId{4}, "n4", release::OwedCause::empty, "success", ""},
                   {ReleaseId{5}, NodeId{6}, "n6", release::OwedCause::empty, "failed", "no"}};
    clock.advance(Millis{30'000});
    EXPECT_EQ(observer.outcomes, (std::vector<std::string>{"success", "failed"}));
    EXPECT_EQ(observer.count("reconciled"), 2U);
    const int then = store.looks;
    clock.advance(Millis{30'000});
    EXPECT_EQ(store.looks, then + 1) << "nothing is left to do";
}

TEST_F(Reconciling, says_once_what_it_waits_for_and_that_it_was_stopped) {
    agents.is_there = true;
    store.left.clear();
    store.owe(4);
    store.owing.releases[0].is_banned = true;
    clock.advance(Millis{120'000});
    EXPECT_EQ(observer.count("reconcile_waits"), 1U);
    store.owing.pace.failures = release::reconcile_failures_max;
    clock.advance(Millis{120'000});
    EXPECT_EQ(observer.count("reconcile_stopped"), 1U);
    EXPECT_TRUE(store.taken.empty());
    store.owing.pace.failures = 0;
    store.owing.releases[0].is_banned = false;
    store.refusal = "somebody was faster";
    clock.advance(Millis{120'000});
    EXPECT_EQ(observer.count("reconcile_refused"), 1U);
}

TEST_F(Reconciling, looks_at_all_nodes_in_turn) {
    store.left.clear();
    store.owing.reached = NodeId{2'000};
    clock.advance(Millis{30'000});
    clock.advance(Millis{2'000});
    EXPECT_EQ(store.cursors, (std::vector<std::int64_t>{0, 2'000}));
}

}  // namespace
}  // namespace edgeroll::control
