#include "release/step.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/rows.hpp"

namespace edgeroll::release {
namespace {

using test::Desk;
using test::n1, test::n2, test::n3;
using test::Rows;
using test::TaskRow;

struct Step : testing::Test {
    static void expect_sound(const Desk& desk) { EXPECT_THAT(desk.violations, testing::IsEmpty()); }
};

TEST_F(Step, opens_batches_in_order_when_every_node_succeeds) {
    Rows rows({1, 2, 2});
    Desk desk(rows);

    desk.observe();
    EXPECT_EQ(desk.started.size(), 1U);
    EXPECT_EQ(rows.header.status, ReleaseStatus::running);
    EXPECT_EQ(rows.header.current_batch, 1);
    desk.report(n1, NodeStatus::success);
    EXPECT_EQ(desk.started.size(), 3U);
    EXPECT_EQ(rows.header.current_batch, 2);
    desk.report(n2, NodeStatus::success);
    EXPECT_EQ(rows.header.status, ReleaseStatus::running);
    desk.report(n3, NodeStatus::success);

    EXPECT_EQ(rows.header.status, ReleaseStatus::success);
    EXPECT_EQ(rows.header.batch_status, BatchStatus::completed);
    EXPECT_EQ(rows.header.success_nodes, 3);
    EXPECT_TRUE(desk.is_let_go);
    expect_sound(desk);
}

TEST_F(Step, writes_the_intent_with_its_task_id_before_a_conversation_starts) {
    Rows rows({1});
    Desk desk(rows);

    desk.observe();

    EXPECT_EQ(rows.find(n1)->status, NodeStatus::running);
    EXPECT_EQ(rows.find(n1)->task_id, "apply_config_127.0.0.1_42");
    EXPECT_EQ(desk.started.front().task_id, "apply_config_127.0.0.1_42");
    EXPECT_FALSE(desk.started.front().asks_first);
}

TEST_F(Step, skips_the_rest_and_fails_when_a_node_fails) {
    Rows rows({1, 2, 2});
    Desk desk(rows);

    desk.observe();
    desk.report(n1, NodeStatus::failed, FailureKind::exec_failed, "nginx: [emerg] bad");

    EXPECT_EQ(rows.header.status, ReleaseStatus::failed);
    EXPECT_EQ(rows.count(NodeStatus::skipped), 2);
    EXPECT_THAT(rows.header.last_error, testing::HasSubstr("nginx: [emerg] bad"));
    EXPECT_EQ(desk.started.size(), 1U);
    expect_sound(desk);
}

TEST_F(Step, is_no_success_when_a_retry_left_out_what_a_limit_had_skipped) {
    Rows rows({1, 2, 3});
    rows.find(n1)->status = NodeStatus::skipped;
    rows.find(n1)->reason = ReasonKind::disabled;
    rows.find(n1)->error = "node is disabled";
    rows.find(n2)->status = NodeStatus::skipped;
    rows.find(n2)->reason = ReasonKind::release_failed;
    rows.find(n2)->error = "a sentence that nobody reads";
    Desk desk(rows);

    desk.observe();
    desk.report(n3, NodeStatus::success);

    EXPECT_EQ(rows.header.status, ReleaseStatus::failed);
    EXPECT_EQ(rows.header.batch_status, BatchStatus::stopped);
    EXPECT_THAT(rows.header.last_error, testing::HasSubstr("1 node that was not dispatched"));
    expect_sound(desk);
}

TEST_F(Step, waits_for_running_nodes_before_it_fails) {
    Rows rows({1, 1, 2});
    Desk desk(rows);

    desk.observe();
    desk.report(n1, NodeStatus::failed, FailureKind::timeout, "late");
    EXPECT_EQ(rows.header.status, ReleaseStatus::running);
    EXPECT_EQ(rows.find(n3)->status, NodeStatus::skipped);
    desk.report(n2, NodeStatus::success);

    EXPECT_EQ(rows.header.status, ReleaseStatus::failed);
    EXPECT_EQ(rows.header.success_nodes, 1);
    expect_sound(desk);
}

TEST_F(Step, goes_on_within_the_failure_threshold) {
    Rows rows({1, 1, 2});
    rows.header.policy.limits.failure_threshold = 1;
    Desk desk(rows);

    desk.observe();
    desk.report(n1, NodeStatus::failed, FailureKind::timeout, "late");
    desk.report(n2, NodeStatus::success);
    desk.report(n3, NodeStatus::success);

    EXPECT_EQ(rows.header.status, ReleaseStatus::success);
    EXPECT_EQ(rows.header.failed_nodes, 1);
    expect_sound(desk);
}

TEST_F(Step, stops_when_a_batch_fails_beyond_its_rate) {
    Rows rows({1, 1, 1, 1, 2});
    rows.header.policy.limits.max_batch_fail_rate_percent = 25;
    Desk desk(rows);

    desk.observe();
    desk.report(n1, NodeStatus::failed, FailureKind::timeout, "late");
    EXPECT_EQ(rows.find(NodeId{5})->status, NodeStatus::pending);
    desk.report(n2, NodeStatus::failed, FailureKind::timeout, "late");

    EXPECT_EQ(rows.find(NodeId{5})->status, NodeStatus::skipped);
    EXPECT_THAT(rows.header.last_error, testing::HasSubstr("max_batch_fail_rate is 25 %"));
}

TEST_F(Step, asks_running_nodes_first_after_a_restart) {
    Rows rows({1, 1});
    Desk desk(rows);
    desk.observe();
    desk.report(n1, NodeStatus::success);

    Desk other(rows);
    other.observe();

    ASSERT_EQ(other.started.size(), 1U);
    EXPECT_TRUE(other.started.front().asks_first);
    EXPECT_EQ(other.started.front().node, n2);
    other.report(n2, NodeStatus::success);
    EXPECT_EQ(rows.header.status, ReleaseStatus::success);
}

TEST_F(Step, counts_the_time_a_node_ran_before_the_takeover) {
    Rows rows({1});
    Desk desk(rows);
    desk.observe();
    rows.find(n1)->started_at = rows.now - Millis{590'000};

    Desk other(rows);
    other.observe();

    EXPECT_EQ(other.started.front().deadline, other.now + Millis{10'000});
}

TEST_F(Step, dispatches_nothing_while_paused_by_sql_and_goes_on_when_set_running) {
    Rows rows({1, 2});
    Desk desk(rows);
    desk.observe();
    rows.header.status = ReleaseStatus::paused;

    desk.observe();
    desk.report(n1, NodeStatus::success);
    EXPECT_EQ(desk.started.size(), 1U);
    EXPECT_EQ(rows.header.batch_status, BatchStatus::paused);
    rows.header.status = ReleaseStatus::running;
    desk.observe();
    EXPECT_EQ(desk.started.size(), 2U);
    desk.report(n2, NodeStatus::success);

    EXPECT_EQ(rows.header.status, ReleaseStatus::success);
    expect_sound(desk);
}

TEST_F(Step, pauses_between_batches_when_asked_and_continues_when_asked) {
    Rows rows({1, 1, 2});
    Desk desk(rows);
    desk.observe();
    rows.header.requested = Action::pause;
    desk.observe();
    desk.report(n1, NodeStatus::success);
    EXPECT_EQ(rows.header.status, ReleaseStatus::running);
    desk.report(n2, NodeStatus::success);
    EXPECT_EQ(rows.header.status, ReleaseStatus::paused);
    EXPECT_EQ(rows.header.requested, Action::none);

    rows.header.requested = Action::resume;
    desk.observe();
    EXPECT_EQ(rows.find(n3)->status, NodeStatus::running);
    desk.report(n3, NodeStatus::success);

    EXPECT_EQ(rows.header.status, ReleaseStatus::success);
    expect_sound(desk);
}

TEST_F(Step, stops_skips_cancels_and_ends_cancelled) {
    Rows rows({1, 1, 2});
    Desk desk(rows);
    desk.observe();
    rows.header.requested = Action::stop;

    desk.observe();
    EXPECT_EQ(rows.find(n3)->status, NodeStatus::skipped);
    EXPECT_EQ(rows.header.batch_status, BatchStatus::stopped);
    EXPECT_EQ(desk.cancelled.size(), 2U);
    desk.report(n1, NodeStatus::cancelled);
    desk.report(n2, NodeStatus::success);

    EXPECT_EQ(rows.header.status, ReleaseStatus::cancelled);
    EXPECT_EQ(rows.find(n1)->status, NodeStatus::cancelled);
    EXPECT_EQ(rows.header.requested, Action::none);
    expect_sound(desk);
}

TEST_F(Step, carries_a_stop_on_after_a_restart) {
    Rows rows({1, 2});
    Desk desk(rows);
    desk.observe();
    rows.header.requested = Action::stop;
    desk.observe();

    Desk other(rows);
    other.observe();
    EXPECT_EQ(other.cancelled.size(), 1U);
    other.report(n1, NodeStatus::cancelled);

    EXPECT_EQ(rows.header.status, ReleaseStatus::cancelled);
}

TEST_F(Step, calls_a_cancel_nobody_asked_for_a_failure) {
    Rows rows({1});
    Desk desk(rows);
    desk.observe();

    desk.report(n1, NodeStatus::cancelled);

    EXPECT_EQ(rows.find(n1)->status, NodeStatus::failed);
    EXPECT_EQ(rows.find(n1)->failure, FailureKind::exec_failed);
}

TEST_F(Step, skips_disabled_nodes_and_nodes_in_maintenance_and_says_so) {
    Rows rows({1, 1, 2});
    rows.inventory[n1].is_enabled = false;
    rows.inventory[n2].is_in_maintenance = true;
    Desk desk(rows);

    desk.observe();
    EXPECT_EQ(rows.find(n1)->error, "node is disabled");
    EXPECT_EQ(rows.find(n2)->error, "node is in maintenance");
    desk.report(n3, NodeStatus::success);

    EXPECT_EQ(rows.header.status, ReleaseStatus::success);
    expect_sound(desk);
}

TEST_F(Step, fails_a_node_that_is_gone_as_rejected) {
    Rows rows({1, 2});
    rows.inventory.erase(n1);
    Desk desk(rows);

    desk.observe();

    EXPECT_EQ(rows.find(n1)->failure, FailureKind::rejected);
    EXPECT_EQ(rows.header.status, ReleaseStatus::failed);
    EXPECT_TRUE(desk.started.empty());
}

TEST_F(Step, does_not_dispatch_to_nodes_that_hold_this_or_a_newer_version) {
    Rows rows({1, 2, 3});
    rows.inventory[n1].applied_version = rows.header.version;
    rows.inventory[n1].applied_sha256 = rows.header.content.sha256;
    rows.inventory[n2].applied_version = Version{43};
    Desk desk(rows);

    desk.observe();

    EXPECT_TRUE(desk.started.empty());
    EXPECT_EQ(rows.find(n1)->status, NodeStatus::success);
    EXPECT_EQ(rows.find(n2)->failure, FailureKind::rejected);
    EXPECT_EQ(rows.find(n3)->status, NodeStatus::skipped);
    expect_sound(desk);
}

TEST_F(Step, starts_no_more_nodes_at_once_than_the_window) {
    Rows rows({1, 1, 1, 1});
    Desk desk(rows);
    desk.state.rules.start_window = 2;

    desk.observe();
    EXPECT_EQ(desk.started.size(), 2U);
    desk.give(Event{Attempted{n1, rows.find(n1)->task_id}});
    EXPECT_EQ(desk.started.size(), 3U);
    desk.give(Event{Attempted{n1, rows.find(n1)->task_id}});

    EXPECT_EQ(desk.started.size(), 3U);
    expect_sound(desk);
}

TEST_F(Step, splits_a_large_batch_into_commits_of_500_rows) {
    Rows rows(std::vector<int>(1201, 1));
    Desk desk(rows);
    desk.state.rules.start_window = 5000;

    desk.observe();

    EXPECT_EQ(desk.started.size(), 1201U);
    EXPECT_EQ(rows.count(NodeStatus::running), 1201);
    expect_sound(desk);
}

TEST_F(Step, waits_for_blockers_without_touching_anything) {
    Rows rows({1});
    rows.header.blockers = {Version{41}};
    Desk desk(rows);

    desk.observe();

    EXPECT_TRUE(desk.is_let_go);
    EXPECT_EQ(rows.header.status, ReleaseStatus::pending);
    EXPECT_THAT(desk.let_go_reason, testing::HasSubstr("41"));
}

TEST_F(Step, does_not_start_with_missing_rows) {
    Rows rows({1, 2});
    rows.header.total_nodes = 3;
    Desk desk(rows);

    desk.observe();

    EXPECT_TRUE(desk.is_let_go);
    EXPECT_TRUE(desk.started.empty());
}

TEST_F(Step, plans_the_batches_when_there_is_a_config_and_no_rows) {
    Rows rows({});
    rows.header.has_batch_config = true;
    for (int i = 1; i <= 3; ++i)
        rows.add_edge(NodeId{i});
    Desk desk(rows);

    desk.observe();

    ASSERT_EQ(rows.nodes.size(), 3U);
    EXPECT_EQ(rows.find(n1)->batch, 1);
    EXPECT_EQ(rows.find(n3)->batch, 2);
    EXPECT_EQ(desk.started.size(), 1U);
    expect_sound(desk);
}

TEST_F(Step, fails_with_the_problem_when_the_release_is_impossible) {
    Rows rows({1, 2});
    rows.header.problems = {"batch_config: batch_size is not supported yet"};
    Desk desk(rows);

    desk.observe();

    EXPECT_EQ(rows.header.status, ReleaseStatus::failed);
    EXPECT_EQ(rows.header.last_error, "batch_config: batch_size is not supported yet");
    EXPECT_EQ(rows.count(NodeStatus::skipped), 2);
}

TEST_F(Step, stops_when_the_content_changes_after_the_start) {
    Rows rows({1, 2});
    Desk desk(rows);
    desk.observe();
    rows.header.content.sha256 = std::string(64, 'b');

    desk.report(n1, NodeStatus::success);

    EXPECT_EQ(rows.header.status, ReleaseStatus::failed);
    EXPECT_EQ(rows.find(n2)->status, NodeStatus::skipped);
}

TEST_F(Step, fails_a_mark_that_would_deliver_nothing_unseen) {
    Rows rows({1});
    rows.header.content_sha256 = reload_only_mark;
    Desk desk(rows);
    desk.observe();

    EXPECT_EQ(rows.header.status, ReleaseStatus::failed);
    EXPECT_EQ(rows.header.last_error,
              "content_sha256 says that there is nothing but a reload, but version 42 has content");
    EXPECT_TRUE(desk.started.empty());
}

TEST_F(Step, fails_the_mark_of_rollbacks_in_any_other_release) {
    Rows rows({1});
    rows.header.content_sha256 = mixed_mark;
    Desk desk(rows);
    desk.observe();

    EXPECT_EQ(rows.header.status, ReleaseStatus::failed);
    EXPECT_EQ(rows.header.last_error, "content_sha256 is 'mixed', which is for rollbacks only");
}

TEST_F(Step, goes_on_reloading_although_the_version_was_given_content_meanwhile) {
    Rows rows({1, 2});
    rows.header.content = {};
    Desk desk(rows);
    desk.observe();
    rows.header.content.is_present = true;
    rows.header.content.sha256 = std::string(64, 'a');
    desk.report(n1, NodeStatus::success);
    desk.report(n2, NodeStatus::success);

    EXPECT_EQ(rows.header.status, ReleaseStatus::success);
}

TEST_F(Step, stops_when_a_row_is_given_a_content_of_its_own_after_the_start) {
    Rows rows({1, 2});
    Desk desk(rows);
    desk.observe();
    rows.find(n2)->config_version = Version{3};
    desk.report(n1, NodeStatus::success);

    EXPECT_EQ(rows.header.status, ReleaseStatus::failed);
    EXPECT_EQ(rows.find(n2)->status, NodeStatus::skipped);
    EXPECT_EQ(desk.started.size(), 1U) << "nobody was sent it";
}

TEST_F(Step, marks_a_release_without_content_and_changes_no_applied_version) {
    Rows rows({1});
    rows.header.content = {};
    Desk desk(rows);

    desk.observe();
    desk.report(n1, NodeStatus::success);

    EXPECT_TRUE(rows.has_history("reload_only"));
    EXPECT_EQ(rows.header.content_sha256, reload_only_mark);
    EXPECT_FALSE(rows.inventory[n1].applied_version.has_value());
}

TEST_F(Step, keeps_current_batch_an_ordinal_when_batch_numbers_have_gaps) {
    Rows rows({3, 9});
    Desk desk(rows);

    desk.observe();
    EXPECT_EQ(rows.header.current_batch, 1);
    EXPECT_EQ(rows.header.total_batches, 2);
    desk.report(n1, NodeStatus::success);

    EXPECT_EQ(rows.header.current_batch, 2);
}

TEST_F(Step, fails_a_running_node_whose_inventory_row_is_gone) {
    Rows rows({1});
    Desk desk(rows);
    desk.observe();
    rows.inventory[n1].address = {};

    Desk other(rows);
    other.observe();

    EXPECT_EQ(rows.find(n1)->failure, FailureKind::lost);
    EXPECT_EQ(rows.header.status, ReleaseStatus::failed);
}

TEST_F(Step, takes_many_results_in_one_commit) {
    Rows rows(std::vector<int>(300, 1));
    Desk desk(rows);
    desk.state.rules.start_window = 300;
    desk.observe();
    std::vector<Event> events;
    for (const TaskRow& row : rows.nodes) {
        events.emplace_back(desk.make_report(row.node, NodeStatus::success, FailureKind::none, {}));
    }

    desk.give(events);

    EXPECT_EQ(rows.header.status, ReleaseStatus::success);
    EXPECT_EQ(rows.header.success_nodes, 300);
    expect_sound(desk);
}

}  // namespace
}  // namespace edgeroll::release
