#include "release/fleet/reconciliation.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "release/words.hpp"

namespace edgeroll::release {
namespace {

OwedNode node(std::int64_t id, OwedCause cause = OwedCause::empty, int batch = 1) {
    OwedNode made;
    made.node = NodeId{id};
    made.cause = cause;
    made.batch = batch;
    made.can_repair = true;
    return made;
}

OwedRelease owed(std::int64_t id, std::vector<OwedNode> nodes) {
    OwedRelease made;
    made.id = ReleaseId{id};
    made.version = Version{id};
    made.is_proven = true;
    made.nodes = std::move(nodes);
    return made;
}

std::vector<std::int64_t> taken(const ReconcilePlan& plan) {
    std::vector<std::int64_t> ids;
    for (const ReconcileRound& round : plan.rounds) {
        for (const OwedNode& one : round.nodes)
            ids.push_back(one.node.value);
    }
    return ids;
}

using Ids = std::vector<std::int64_t>;

TEST(Reconciliation, is_owed_by_what_drifts_and_by_the_row) {
    using Kind = DriftKind;
    const auto cause = [](Kind drift, NodeStatus status) {
        return cause_of(drift, OwedRow{status, false, {}});
    };
    EXPECT_EQ(cause(Kind::empty, NodeStatus::success), OwedCause::empty);
    EXPECT_EQ(cause(Kind::changed_on_disk, NodeStatus::success), OwedCause::changed_on_disk);
    EXPECT_EQ(cause(Kind::stale_labels, NodeStatus::success), OwedCause::stale_labels);
    EXPECT_EQ(cause(Kind::behind, NodeStatus::success), OwedCause::behind);
    EXPECT_EQ(cause(Kind::behind, NodeStatus::deferred), OwedCause::deferred);
    EXPECT_EQ(cause_of(Kind::empty, std::nullopt), OwedCause::joined);
    EXPECT_EQ(cause_of(Kind::behind, OwedRow{NodeStatus::skipped, true, {}}), OwedCause::joined);
    EXPECT_EQ(cause(Kind::behind, NodeStatus::skipped), std::nullopt) << "skipped by hand";
    EXPECT_EQ(cause(Kind::empty, NodeStatus::failed), std::nullopt) << "it would fail again";
    const OwedRow tried{NodeStatus::failed, false, OwedCause::deferred};
    EXPECT_EQ(cause_of(Kind::empty, tried), OwedCause::empty);
    EXPECT_EQ(cause_of(Kind::behind, tried), OwedCause::deferred) << "as it was served before";
    for (const NodeStatus status :
         {NodeStatus::pending, NodeStatus::running, NodeStatus::cancelled}) {
        EXPECT_EQ(cause(Kind::empty, status), std::nullopt);
    }
    for (const NodeStatus status : {NodeStatus::success, NodeStatus::deferred}) {
        EXPECT_EQ(cause(Kind::none, status), std::nullopt);
        EXPECT_EQ(cause(Kind::unknown, status), std::nullopt) << "nobody knows what is there";
    }
}

TEST(Reconciliation, gives_nothing_that_the_agent_would_refuse) {
    const Version wanted{7};
    EXPECT_TRUE(is_within_reach(wanted, DriftKind::empty, {}));
    EXPECT_TRUE(is_within_reach(wanted, DriftKind::behind, {Version{6}, "a"}));
    EXPECT_TRUE(is_within_reach(wanted, DriftKind::changed_on_disk, {Version{7}, ""}));
    EXPECT_FALSE(is_within_reach(wanted, DriftKind::behind, {Version{7}, "other"}));
    EXPECT_FALSE(is_within_reach(wanted, DriftKind::behind, {Version{8}, "a"}));
    EXPECT_FALSE(is_within_reach(wanted, DriftKind::changed_on_disk, {Version{8}, ""}));
}

TEST(Reconciliation, serves_by_its_mode) {
    const std::vector<OwedRelease> all{
        owed(1, {node(1, OwedCause::deferred), node(2, OwedCause::joined),
                 node(3, OwedCause::empty), node(4, OwedCause::changed_on_disk),
                 node(5, OwedCause::behind), node(6, OwedCause::stale_labels)})};
    EXPECT_EQ(taken(plan_reconciliation({ReconcileMode::absent}, {}, all)), (Ids{1, 2, 3}));
    EXPECT_EQ(taken(plan_reconciliation({ReconcileMode::all}, {}, all)), (Ids{1, 2, 3, 4, 5, 6}));
    const ReconcilePlan off = plan_reconciliation({ReconcileMode::off}, {}, all);
    EXPECT_TRUE(off.rounds.empty() && off.delays.empty());
}

TEST(Reconciliation, sends_one_node_ahead_and_then_some_at_once) {
    OwedRelease release = owed(1, {node(1), node(2), node(3)});
    release.is_proven = false;
    ReconcilePlan plan = plan_reconciliation({}, {}, {release});
    EXPECT_EQ(taken(plan), (Ids{1}));
    ASSERT_EQ(plan.delays.size(), 1U);
    EXPECT_EQ(plan.delays[0].why, ReconcileWait::pace);
    EXPECT_EQ(plan.delays[0].nodes.size(), 2U);
    release.is_proven = true;
    ReconcileRules rules;
    rules.max = 2;
    EXPECT_EQ(taken(plan_reconciliation(rules, {}, {release})), (Ids{1, 2}));
    ReconcilePace pace;
    pace.open = 1;
    EXPECT_EQ(taken(plan_reconciliation(rules, pace, {release})), (Ids{1}));
    pace = {};
    rules.per_minute = 5;
    pace.taken = 5;
    pace.until_less = Millis{20'000};
    plan = plan_reconciliation(rules, pace, {release});
    EXPECT_EQ(taken(plan), Ids{});
    EXPECT_EQ(plan.delays.at(0).until, Millis{20'000});
}

TEST(Reconciliation, takes_newer_releases_first_and_one_batch_of_each) {
    const OwedRelease older = owed(1, {node(1), node(2)});
    const OwedRelease newer =
        owed(2, {node(3, OwedCause::joined, 0), node(4, OwedCause::empty, 1)});
    const ReconcilePlan plan = plan_reconciliation({}, {}, {older, newer});
    EXPECT_EQ(taken(plan), (Ids{3, 1, 2}));
    ASSERT_EQ(plan.rounds.size(), 2U);
    EXPECT_EQ(plan.rounds[0].release, ReleaseId{2});
}

TEST(Reconciliation, says_what_keeps_it_from_a_release) {
    const auto why = [](const std::function<void(OwedRelease&)>& change) {
        OwedRelease release = owed(1, {node(1)});
        change(release);
        const ReconcilePlan plan = plan_reconciliation({}, {}, {release});
        EXPECT_TRUE(plan.rounds.empty());
        EXPECT_EQ(plan.delays.size(), 1U);
        return plan.delays.at(0).why;
    };
    EXPECT_EQ(why([](OwedRelease& one) { one.is_banned = true; }), ReconcileWait::banned);
    EXPECT_EQ(why([](OwedRelease& one) { one.has_content = false; }), ReconcileWait::content);
    EXPECT_EQ(why([](OwedRelease& one) { one.is_under_way = true; }), ReconcileWait::under_way);
    EXPECT_EQ(why([](OwedRelease& one) { one.waits_for = ReleaseId{9}; }), ReconcileWait::release);
    EXPECT_EQ(why([](OwedRelease& one) { one.until_window = Millis{1}; }), ReconcileWait::window);
    EXPECT_EQ(why([](OwedRelease& one) { one.nodes[0].is_held = true; }), ReconcileWait::held);
    EXPECT_EQ(why([](OwedRelease& one) { one.nodes[0].can_repair = false; }), ReconcileWait::agent);
    EXPECT_EQ(why([](OwedRelease& one) {
                  one.nodes[0].ended = 1;
                  one.nodes[0].since_ended = Millis{599'999};
              }),
              ReconcileWait::pause);
    // A node that was away gets its content as any release brings it.
    OwedRelease release = owed(1, {node(1, OwedCause::deferred)});
    release.nodes[0].can_repair = false;
    EXPECT_EQ(taken(plan_reconciliation({}, {}, {release})), (Ids{1}));
}

TEST(Reconciliation, stops_after_three_failures_in_a_row) {
    ReconcilePace pace;
    pace.failures = reconcile_failures_max - 1;
    EXPECT_EQ(taken(plan_reconciliation({}, pace, {owed(1, {node(1)})})), (Ids{1}));
    pace.failures = reconcile_failures_max;
    const ReconcilePlan plan = plan_reconciliation({}, pace, {owed(1, {node(1)})});
    EXPECT_TRUE(plan.rounds.empty());
    EXPECT_EQ(plan.delays.at(0).why, ReconcileWait::stopped);
    EXPECT_EQ(reconcile_room({}, pace, true), 0);
}

TEST(Reconciliation, waits_longer_for_a_node_that_does_not_keep_its_content) {
    const auto pause = [](int ended, int put_off) {
        OwedNode one;
        one.ended = ended;
        one.put_off = put_off;
        return reconcile_pause(one);
    };
    EXPECT_EQ(pause(0, 0), Millis{0});
    EXPECT_EQ(pause(1, 0), Millis{600'000});
    EXPECT_EQ(pause(2, 1), Millis{1'200'000});
    EXPECT_EQ(pause(1'000'000, 0), Millis{86'400'000});
    EXPECT_EQ(pause(0, 1), Millis{60'000});
    EXPECT_EQ(pause(0, 1'000'000), Millis{600'000});
    OwedNode one;
    one.put_off = 1;
    one.since_put_off = Millis{59'000};
    EXPECT_EQ(reconcile_pause(one), Millis{1'000});
}

TEST(Reconciliation, accounts_for_every_node_and_keeps_its_pace) {
    std::mt19937 random(7);
    const auto draw = [&](int limit) { return static_cast<int>(random() % (unsigned(limit) + 1)); };
    for (int round = 0; round < 3'000; ++round) {
        ReconcileRules rules{ReconcileMode::all, 1 + draw(5), 1 + draw(8)};
        ReconcilePace pace{draw(6), draw(9), Millis{draw(60'000)}, draw(3)};
        std::vector<OwedRelease> releases;
        std::set<std::int64_t> all;
        for (int i = 1; i <= draw(4); ++i) {
            OwedRelease one = owed(i, {});
            one.is_proven = draw(1) == 1;
            one.is_banned = draw(9) == 0;
            one.is_under_way = draw(9) == 0;
            for (int batch = 0; batch < 2; ++batch) {
                for (int k = 0; k < draw(4); ++k) {
                    OwedNode made = node(i * 100 + batch * 10 + k, OwedCause::empty, batch);
                    made.is_held = draw(5) == 0;
                    made.can_repair = draw(9) != 0;
                    all.insert(made.node.value);
                    one.nodes.push_back(made);
                }
            }
            releases.push_back(one);
        }
        const ReconcilePlan plan = plan_reconciliation(rules, pace, releases);
        std::multiset<std::int64_t> told;
        int count = 0;
        for (const ReconcileRound& one : plan.rounds) {
            ASSERT_FALSE(one.nodes.empty());
            const OwedRelease& of = releases.at(static_cast<std::size_t>(one.release.value - 1));
            EXPECT_FALSE(of.is_banned || of.is_under_way);
            if (!of.is_proven) {
                EXPECT_EQ(one.nodes.size(), 1U);
            }
            for (const OwedNode& taken_one : one.nodes) {
                EXPECT_FALSE(taken_one.is_held || !taken_one.can_repair);
                EXPECT_EQ(taken_one.batch, one.nodes.front().batch);
                told.insert(taken_one.node.value);
                ++count;
            }
        }
        if (count > 0) {
            EXPECT_LE(pace.open + count, rules.max);
            EXPECT_LE(pace.taken + count, rules.per_minute);
            EXPECT_LT(pace.failures, reconcile_failures_max);
        }
        for (const ReconcileDelay& delay : plan.delays) {
            EXPECT_FALSE(delay.nodes.empty());
            for (const OwedNode& one : delay.nodes)
                told.insert(one.node.value);
        }
        EXPECT_TRUE(std::equal(told.begin(), told.end(), all.begin(), all.end()));
    }
}

TEST(Reconciliation, has_words_for_people_and_settings) {
    EXPECT_EQ(from_text<ReconcileMode>("new"), ReconcileMode::absent);
    EXPECT_EQ(from_text<ReconcileMode>("none"), std::nullopt);
    for (const OwedCause cause : enum_values<OwedCause>)
        EXPECT_EQ(from_text<OwedCause>(to_text(cause)), cause);
}

TEST(HeldContent, is_what_was_observed_before_what_was_applied) {
    const HeldContent applied{Version{7}, "seven"};
    Observation seen;
    EXPECT_EQ(held_content(applied, seen), applied) << "nobody looked";
    seen.content = ObservedContent::empty;
    EXPECT_EQ(held_content(applied, seen), HeldContent{});
    seen.content = ObservedContent::whole;
    seen.version = Version{6};
    seen.sha256 = "six";
    EXPECT_EQ(held_content(applied, seen), (HeldContent{Version{6}, "six"}));
    seen.content = ObservedContent::changed;
    EXPECT_EQ(held_content(applied, seen), (HeldContent{Version{6}, ""}));
    seen.content = ObservedContent::believed;
    EXPECT_EQ(held_content(applied, seen), (HeldContent{Version{6}, "six"}));
    seen.version = Version{7};
    EXPECT_EQ(held_content(applied, seen), applied) << "older agents compute another digest";
    seen.capabilities = "secrets";
    seen.remark = "cannot be read";
    EXPECT_EQ(held_content(applied, seen), (HeldContent{Version{7}, ""}));
}

}  // namespace
}  // namespace edgeroll::release
