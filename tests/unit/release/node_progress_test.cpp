// Progress of running tasks: written soon and cheaply, and no decision depends on it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "release/step.hpp"
#include "tests/support/rows.hpp"

namespace edgeroll::release {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::Desk;
using test::n1, test::n2, test::n3;
using test::Rows;

struct ProgressOfTasks : testing::Test {
    Rows rows{{1, 1, 2}};
    Desk desk{rows};

    void SetUp() override { desk.observe(); }
    void TearDown() override { EXPECT_THAT(desk.violations, testing::IsEmpty()); }
    [[nodiscard]] Progressed far(NodeId id, int percent) {
        return Progressed{id, rows.find(id)->task_id, percent, {}};
    }
};

TEST_F(ProgressOfTasks, is_written_while_the_task_runs_and_leaves_no_trace_in_the_history) {
    const std::size_t history = rows.history.size();
    desk.give(far(n1, 30));

    EXPECT_EQ(rows.find(n1)->progress, 30);
    EXPECT_TRUE(rows.last.decides_nothing());
    EXPECT_EQ(rows.history.size(), history);
    EXPECT_EQ(rows.find(n1)->status, NodeStatus::running);
}

TEST_F(ProgressOfTasks, comes_with_what_is_in_the_way_and_until_when) {
    rows.header.utc_ms = 1'764'439'200'000 - (desk.now - Rows::epoch).count();
    desk.observe();
    Progressed trouble = far(n1, 0);
    trouble.trouble = Trouble{ReasonKind::refusing, "503: disk full"};
    trouble.until = desk.now + seconds(60);
    desk.give(trouble);
    EXPECT_EQ(rows.find(n1)->error, "refusing: 503: disk full (given up at 2025-11-29T18:01:00Z)");
    EXPECT_EQ(rows.find(n1)->reason, ReasonKind::refusing);
    EXPECT_EQ(rows.find(n1)->trouble, "503: disk full");
    EXPECT_EQ(rows.last.progress.at(0).until, seconds(60));
    EXPECT_EQ(rows.find(n1)->status, NodeStatus::running);
    EXPECT_TRUE(rows.last.decides_nothing());

    desk.observe();
    desk.now += seconds(5);
    trouble.trouble = Trouble{};
    trouble.until = never;
    desk.give(trouble);
    EXPECT_EQ(rows.find(n1)->error, "");
    EXPECT_EQ(rows.find(n1)->reason, ReasonKind::none);
}

TEST_F(ProgressOfTasks, keeps_what_is_said_of_earlier_attempts_behind_the_trouble) {
    rows.find(n1)->error = rows.find(n1)->earlier_error =
        "attempt 1 failed (timeout): no final word";
    desk.observe();
    Progressed trouble = far(n1, 0);
    for (const Trouble& now : {Trouble{ReasonKind::unreachable, "refused"},
                               Trouble{ReasonKind::refusing, "503; attempt"}, Trouble{}}) {
        trouble.trouble = now;
        desk.give(trouble);
        desk.now += seconds(5);
        desk.observe();
        const std::string before = now.is_none() ? "" : to_sentence(now) + "; ";
        EXPECT_EQ(rows.find(n1)->error, before + "attempt 1 failed (timeout): no final word");
    }
}

TEST_F(ProgressOfTasks, never_goes_back) {
    desk.give(far(n1, 30));
    desk.now += seconds(5);
    desk.give(far(n1, 20));
    EXPECT_EQ(rows.find(n1)->progress, 30);
    desk.give(far(n1, 300));
    EXPECT_EQ(rows.find(n1)->progress, 100);
}

TEST_F(ProgressOfTasks, of_many_nodes_shares_a_commit) {
    desk.give(far(n1, 10));
    desk.now += milliseconds(10);
    desk.give(far(n1, 20));
    desk.give(far(n2, 40));
    EXPECT_EQ(rows.find(n1)->progress, 10);
    EXPECT_EQ(rows.find(n2)->progress, 0);

    // The core asks to be woken for it.
    ASSERT_TRUE(desk.sleep(seconds(1)));
    EXPECT_EQ(rows.find(n1)->progress, 20);
    EXPECT_EQ(rows.find(n2)->progress, 40);
    EXPECT_EQ(rows.last.progress.size(), 2U);
}

TEST_F(ProgressOfTasks, goes_along_with_what_is_written_anyway) {
    desk.give(far(n1, 10));
    desk.give({far(n1, 50), desk.make_report(n2, NodeStatus::success, FailureKind::none, "")});
    EXPECT_EQ(rows.find(n1)->progress, 50);
    EXPECT_EQ(rows.last.nodes.size(), 1U);
}

TEST_F(ProgressOfTasks, of_another_task_or_of_a_node_that_does_not_run_is_dropped) {
    desk.give(Progressed{n1, "apply_config_127.0.0.1_41", 30, {}});
    desk.give(Progressed{n3, "", 30, {}});
    desk.give(Progressed{NodeId{9}, "apply_config_127.0.0.9_42", 30, {}});
    EXPECT_EQ(rows.find(n1)->progress, 0);
    EXPECT_EQ(rows.find(n3)->progress, 0);
    EXPECT_FALSE(desk.sleep(seconds(1)));
}

TEST_F(ProgressOfTasks, that_waits_to_be_written_is_outdone_by_the_last_word) {
    desk.give(far(n1, 10));
    desk.give(far(n1, 90));  // is delayed
    Reported last = desk.make_report(n1, NodeStatus::success, FailureKind::none, "");
    last.verdict.progress = 100;
    desk.give(last);
    EXPECT_EQ(rows.find(n1)->progress, 100);
    EXPECT_TRUE(rows.last.progress.empty());
}

TEST_F(ProgressOfTasks, begins_anew_with_a_further_attempt) {
    rows.header.policy.retries = 1;
    desk.observe();
    desk.give(far(n1, 60));
    desk.report(n1, NodeStatus::failed, FailureKind::exec_failed, "bad");
    ASSERT_EQ(rows.find(n1)->attempt, 2);
    EXPECT_EQ(rows.find(n1)->progress, 0);
    desk.now += seconds(5);
    desk.give(far(n1, 20));
    EXPECT_EQ(rows.find(n1)->progress, 20);
}

TEST_F(ProgressOfTasks, that_waits_outlives_a_reading) {
    desk.give(far(n1, 10));
    desk.give(far(n1, 90));
    desk.observe();
    desk.now += seconds(1);
    desk.give(Woken{});
    EXPECT_EQ(rows.find(n1)->progress, 90);
}

TEST(ProgressOfManyTasks, takes_as_many_commits_as_its_bound_asks_for) {
    const int nodes = static_cast<int>(events_per_step) + 20;
    Rows rows{std::vector<int>(static_cast<std::size_t>(nodes), 1)};
    Desk desk{rows};
    desk.state.rules.start_window = nodes;
    desk.observe();
    std::vector<Event> first, rest;
    for (int i = 1; i <= nodes; ++i) {
        const NodeId id{i};
        ASSERT_EQ(rows.find(id)->status, NodeStatus::running);
        (i <= 400 ? first : rest).emplace_back(Progressed{id, rows.find(id)->task_id, 50, {}});
    }
    desk.give(Progressed{n1, rows.find(n1)->task_id, 1, {}});
    desk.give(first);
    desk.give(rest);
    desk.now += seconds(1);
    desk.give(Woken{});
    EXPECT_EQ(rows.last.progress.size(), events_per_step);
    ASSERT_TRUE(desk.sleep(seconds(1)));
    EXPECT_EQ(rows.last.progress.size(), 20U);
    for (int i = 1; i <= nodes; ++i)
        EXPECT_EQ(rows.find(NodeId{i})->progress, 50) << i;
}

}  // namespace
}  // namespace edgeroll::release
