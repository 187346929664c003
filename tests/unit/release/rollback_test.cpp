#include "release/rollback.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace edgeroll::release {
namespace {

Error refusal(const Result<RollbackPlan>& plan) {
    return plan ? Error{"it was planned", Outcome::permanent, code::ok} : plan.error();
}

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr Version undone{7};

std::vector<PlannedNode> nodes(const Result<RollbackPlan>& plan) {
    return plan ? plan->nodes : std::vector<PlannedNode>();
}

FormerRow succeeded(std::int64_t id, std::optional<Version> before = Version{5}) {
    FormerRow row;
    row.node = NodeId{id};
    row.name = "edge-" + std::to_string(id);
    row.status = NodeStatus::success;
    row.attempt = 1;
    row.previous_config_version = before;
    row.applied_config_version = undone;
    row.applied_version = undone;
    return row;
}

FormerRow broken(std::int64_t id, std::optional<Version> applied = Version{5}) {
    FormerRow row = succeeded(id, std::nullopt);
    row.status = NodeStatus::failed;
    row.applied_config_version = applied;
    row.applied_version = applied;
    return row;
}

std::vector<FormerContent> contents() {
    return {{Version{4}, true, false}, {Version{5}, true, false}, {Version{6}, true, true}};
}

PlannedNode planned(std::int64_t node, int batch, std::int64_t content) {
    return PlannedNode{NodeId{node}, batch, Version{content}};
}

TEST(Rollback, takes_a_node_that_has_the_content_though_its_repair_was_put_off) {
    FormerRow put_off = succeeded(1);
    put_off.status = NodeStatus::deferred;
    EXPECT_THAT(nodes(plan_rollback({put_off}, undone, contents(), {}, {})),
                ElementsAre(planned(1, 1, 5)));
    put_off.applied_config_version = Version{5};
    EXPECT_FALSE(plan_rollback({put_off}, undone, contents(), {}, {})) << "it never got it";
}

TEST(Rollback, looks_first_at_three_then_takes_the_successes_then_the_failed) {
    const auto plan = plan_rollback(
        {broken(1), succeeded(2), succeeded(3, Version{4}), succeeded(4), succeeded(6), broken(5)},
        undone, contents(), {}, {});
    ASSERT_TRUE(plan) << plan.error().message;
    EXPECT_THAT(nodes(plan), ElementsAre(planned(2, 1, 5), planned(3, 1, 4), planned(4, 1, 5),
                                         planned(6, 2, 5), planned(1, 3, 5), planned(5, 3, 5)));
    EXPECT_TRUE(plan->left_alone.empty());
}

FormerRow seen(std::int64_t id, const std::string& region, int seconds_ago) {
    FormerRow row = succeeded(id);
    row.region = region;
    row.unseen_for = std::chrono::seconds{seconds_ago};
    return row;
}

TEST(Rollback, looks_first_where_it_hears_of_first_and_in_different_regions) {
    const auto plan = plan_rollback({seen(1, "eu", 900), seen(2, "eu", 5), seen(3, "eu", 6),
                                     seen(4, "us", 70), seen(5, "us", 60), seen(6, "ap", 800)},
                                    undone, contents(), {}, {});
    EXPECT_THAT(nodes(plan), ElementsAre(planned(2, 1, 5), planned(5, 1, 5), planned(6, 1, 5),
                                         planned(1, 2, 5), planned(3, 2, 5), planned(4, 2, 5)));
    FormerRow never_heard_of = seen(1, "eu", 0);
    never_heard_of.unseen_for.reset();
    EXPECT_EQ(nodes(plan_rollback(
                        {never_heard_of, seen(2, "eu", 99), seen(3, "eu", 98), seen(4, "eu", 97)},
                        undone, contents(), {}, {}))
                  .back(),
              planned(1, 2, 5));
}

TEST(Rollback, of_a_release_that_runs_takes_its_running_nodes_last) {
    FormerRow runs = broken(1);
    runs.status = NodeStatus::running;
    const std::vector<FormerRow> rows{runs, broken(2), succeeded(3), succeeded(4), succeeded(5)};
    EXPECT_THAT(refusal(plan_rollback(rows, undone, contents(), {}, {})).message,
                HasSubstr("still runs: wait for its end, or abort the release"));
    EXPECT_THAT(nodes(plan_rollback(rows, undone, contents(), {}, {false, true})),
                ElementsAre(planned(3, 1, 5), planned(4, 1, 5), planned(5, 1, 5), planned(2, 2, 5),
                            planned(1, 3, 5)));
    EXPECT_THAT(nodes(plan_rollback({runs}, undone, contents(), {}, {false, true})),
                ElementsAre(planned(1, 1, 5)));
}

TEST(Rollback, batches_have_no_gaps) {
    EXPECT_EQ(nodes(plan_rollback({broken(1), broken(2)}, undone, contents(), {}, {})).back().batch,
              1);
    EXPECT_THAT(
        nodes(plan_rollback({broken(1), broken(2), succeeded(3), broken(4)}, undone, contents(), {},
                            {})),
        ElementsAre(planned(1, 1, 5), planned(2, 1, 5), planned(3, 1, 5), planned(4, 2, 5)));
}

TEST(Rollback, takes_only_touched_nodes) {
    FormerRow skipped = broken(1);
    skipped.status = NodeStatus::skipped;
    skipped.attempt = 0;
    FormerRow deferred = broken(2);
    deferred.status = NodeStatus::deferred;
    FormerRow tried_before = broken(3);
    tried_before.status = NodeStatus::skipped;
    FormerRow cancelled = broken(4);
    cancelled.status = NodeStatus::cancelled;
    const auto plan =
        plan_rollback({skipped, deferred, tried_before, cancelled}, undone, contents(), {}, {});
    EXPECT_THAT(nodes(plan), ElementsAre(planned(3, 1, 5), planned(4, 1, 5)));
    const auto nothing = plan_rollback({skipped, deferred}, undone, contents(), {}, {});
    EXPECT_THAT(refusal(nothing).message, HasSubstr("touched no node"));
}

TEST(Rollback, leaves_alone_what_it_cannot_put_back_and_says_why) {
    FormerRow gone = succeeded(3);
    gone.exists = false;
    const auto plan = plan_rollback({succeeded(1, std::nullopt), succeeded(2), gone,
                                     succeeded(4, Version{3}), succeeded(5, Version{6})},
                                    undone, contents(), {}, {});
    EXPECT_THAT(nodes(plan), ElementsAre(planned(2, 1, 5)));
    ASSERT_TRUE(plan && plan->left_alone.size() == 4U);
    EXPECT_THAT(plan->left_alone[0].reason, HasSubstr("never saw"));
    EXPECT_THAT(plan->left_alone[1].reason, HasSubstr("deleted"));
    EXPECT_THAT(plan->left_alone[2].reason, HasSubstr("version 3) is gone"));
    EXPECT_THAT(plan->left_alone[3].reason, HasSubstr("version 6) is banned"));
    const auto forced =
        plan_rollback({succeeded(5, Version{6})}, undone, contents(), {}, {true, false});
    EXPECT_THAT(nodes(forced), ElementsAre(planned(5, 1, 6)));
    const auto none = plan_rollback({succeeded(1, std::nullopt)}, undone, contents(), {}, {});
    EXPECT_THAT(refusal(none).message, HasSubstr("edge-1: edgeroll never saw"));
}

TEST(Rollback, a_node_that_did_not_succeed_gets_what_it_has_unless_that_is_the_undone_one) {
    FormerRow row = broken(1, undone);
    row.previous_config_version = Version{4};
    EXPECT_EQ(former_content(row, undone), Version{4});
    EXPECT_EQ(former_content(broken(1), undone), Version{5});
    EXPECT_EQ(former_content(succeeded(1), undone), Version{5});
}

TEST(Rollback, is_refused_when_a_later_release_touched_a_node) {
    FormerRow later = succeeded(2);
    later.applied_version = Version{8};
    auto plan = plan_rollback({succeeded(1), later}, undone, contents(), {}, {});
    EXPECT_EQ(refusal(plan).code, code::wrong_state);
    EXPECT_THAT(refusal(plan).message, HasSubstr("edge-2"));
    EXPECT_EQ(
        nodes(plan_rollback({succeeded(1), later}, undone, contents(), {}, {true, false})).size(),
        2U);
    FormerRow awaited = succeeded(3);
    awaited.awaited_version = Version{9};
    EXPECT_FALSE(plan_rollback({awaited}, undone, contents(), {}, {}));
    FormerRow runs = succeeded(4);
    runs.status = NodeStatus::running;
    EXPECT_THAT(refusal(plan_rollback({runs}, undone, contents(), {}, {true, false})).message,
                HasSubstr("still runs"));
}

FormerRow holding(std::int64_t node, std::int64_t version, std::int64_t content) {
    FormerRow row = succeeded(node);
    row.applied_version = Version{version};
    row.applied_config_version = Version{content};
    return row;
}

/// 8 came later; 9 undid it; 10 came after that.
std::vector<LaterRelease> history() {
    LaterRelease eight{ReleaseId{108}, Version{8}, std::nullopt, ReleaseId{109}};
    LaterRelease nine{ReleaseId{109}, Version{9}, Version{8}};
    LaterRelease ten{ReleaseId{110}, Version{10}};
    LaterRelease eleven{ReleaseId{111}, Version{11}};
    eleven.is_finished = false;
    return {eight, nine, ten, eleven};
}

TEST(Rollback, later_releases_that_were_undone_are_not_in_the_way) {
    EXPECT_EQ(standing_above(holding(1, 9, 7), undone, history()), std::nullopt)
        << "9 put back what 7 had left there";
    EXPECT_EQ(standing_above(holding(1, 8, 8), undone, history()), Version{8});
    EXPECT_EQ(standing_above(holding(1, 10, 10), undone, history()), Version{10});
    LaterRelease undoes_ten{ReleaseId{112}, Version{12}, Version{10}};
    auto longer = history();
    longer.push_back(undoes_ten);
    EXPECT_EQ(standing_above(holding(1, 12, 8), undone, longer), Version{8})
        << "12 undid 10, and what is under it is still 8";
    EXPECT_EQ(standing_above(holding(1, 12, 7), undone, longer), std::nullopt);
    // A failed row of that release kept the former content, and keeps it again.
    FormerRow failed = broken(1, Version{5});
    failed.applied_version = Version{9};
    EXPECT_EQ(standing_above(failed, undone, history()), std::nullopt);
    // A rollback of an older release does not undo later releases.
    LaterRelease older{ReleaseId{113}, Version{13}, Version{6}};
    longer.push_back(older);
    EXPECT_EQ(standing_above(holding(1, 13, 5), undone, longer), Version{13});
    // A release that gave this release's content under its own version (an undone rollback).
    FormerRow own = holding(1, 9, 4);
    own.own_config_version = Version{4};
    EXPECT_EQ(standing_above(own, undone, history()), std::nullopt);
    EXPECT_EQ(standing_above(holding(1, 9, 7), undone, {}), Version{9})
        << "nobody knows what 9 was";
}

TEST(Rollback, names_what_is_in_the_way_and_what_to_do_about_it) {
    FormerRow awaited = succeeded(4);
    awaited.awaited_version = Version{11};
    const auto plan = plan_rollback(
        {holding(1, 10, 10), holding(2, 8, 8), holding(3, 10, 10), awaited, holding(5, 99, 99)},
        undone, contents(), history(), {});
    EXPECT_EQ(refusal(plan).message,
              "a later release touched its nodes: version 99: edge-5; release 111 (version 11): "
              "edge-4; release 110 (version 10): edge-1, edge-3; release 108 (version 8): edge-2. "
              "First version 99 has no release that could be undone, then stop release 111 or wait "
              "for its end, then roll back release 110, then retry release 109, which did not undo "
              "release 108 everywhere; or force this");
    std::vector<FormerRow> many;
    for (std::int64_t node = 1; node <= 12; ++node)
        many.push_back(holding(node, 10, 10));
    EXPECT_THAT(refusal(plan_rollback(many, undone, contents(), history(), {})).message,
                HasSubstr("edge-10 and 2 more. First roll back release 110; or force this"));
}

}  // namespace
}  // namespace edgeroll::release
