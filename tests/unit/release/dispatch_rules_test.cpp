#include "release/dispatch_rules.hpp"

#include <gtest/gtest.h>

namespace edgeroll::release {
namespace {

TEST(DispatchRules, a_task_with_its_content_may_be_sent) {
    DispatchState state;
    state.has_content = true;
    EXPECT_FALSE(verdict_unsent(state));
    state.is_forgotten = true;
    EXPECT_FALSE(verdict_unsent(state)) << "it is sent again";
}

TEST(DispatchRules, a_stop_keeps_tasks_from_being_sent) {
    DispatchState state;
    state.has_content = state.is_stopping = true;
    const auto unsent = verdict_unsent(state);
    ASSERT_TRUE(unsent);
    EXPECT_EQ(unsent->status, NodeStatus::cancelled);
    EXPECT_EQ(unsent->failure, FailureKind::none);
    EXPECT_EQ(unsent->error, "stopped before the agent had the task");

    state.is_forgotten = true;
    const auto lost = verdict_unsent(state);
    ASSERT_TRUE(lost);
    EXPECT_EQ(lost->status, NodeStatus::failed);
    EXPECT_EQ(lost->failure, FailureKind::lost);
}

TEST(DispatchRules, without_its_content_a_task_is_refused) {
    DispatchState state;
    const auto gone = verdict_unsent(state);
    ASSERT_TRUE(gone);
    EXPECT_EQ(gone->status, NodeStatus::failed);
    EXPECT_EQ(gone->failure, FailureKind::rejected);
    EXPECT_EQ(gone->error, "the content of the version is gone or was changed");
    state.problem = "there is no key";
    EXPECT_EQ(verdict_unsent(state)->error, "there is no key");
    state.is_stopping = true;
    EXPECT_EQ(verdict_unsent(state)->status, NodeStatus::cancelled) << "a stop needs no content";
}

TEST(DispatchRules, long_tasks_are_held_for_three_seconds_at_most) {
    ConversationRules rules;
    rules.hold_max = Millis{20'000};
    EXPECT_EQ(rules_for(rules, TaskType::apply_config).hold_max, Millis{20'000});
    EXPECT_EQ(rules_for(rules, TaskType::run_job).hold_max, Millis{3'000});
    rules.hold_max = Millis{0};
    EXPECT_EQ(rules_for(rules, TaskType::run_job).hold_max, Millis{0}) << "never asked for";
}

}  // namespace
}  // namespace edgeroll::release
