#include "release/progress_throttle.hpp"

#include <gtest/gtest.h>

namespace edgeroll::release {
namespace {

Answer running_at(int progress) {
    Answer answer;
    answer.heard = Heard::accepted;
    answer.status = TaskStatus::running;
    answer.progress = progress;
    return answer;
}

Conversation::Trouble silence_since(Instant since) {
    return {{ReasonKind::silent, "no answer"}, since, since + Millis{60'000}};
}

TEST(ProgressThrottle, tells_progress_once_a_second_and_only_forward) {
    ProgressThrottle throttle(NodeId{4}, "task", {});
    const Instant start{Millis{50'000}};
    EXPECT_FALSE(throttle.answered(running_at(0), start));
    const auto first = throttle.answered(running_at(10), start);
    ASSERT_TRUE(first);
    EXPECT_EQ(first->node, NodeId{4});
    EXPECT_EQ(first->task_id, "task");
    EXPECT_EQ(first->progress, 10);
    EXPECT_FALSE(first->trouble);
    EXPECT_FALSE(throttle.answered(running_at(20), start + Millis{999}));
    EXPECT_FALSE(throttle.answered(running_at(10), start + Millis{1'000}));
    EXPECT_TRUE(throttle.answered(running_at(30), start + Millis{1'000}));
}

TEST(ProgressThrottle, tells_nothing_of_tasks_that_do_not_run) {
    ProgressThrottle throttle(NodeId{4}, "task", {});
    Answer over = running_at(100);
    over.status = TaskStatus::success;
    EXPECT_FALSE(throttle.answered(over, Instant{}));
    Answer none = running_at(50);
    none.heard = Heard::no_answer;
    EXPECT_FALSE(throttle.answered(none, Instant{}));
}

TEST(ProgressThrottle, tells_trouble_that_lasts_and_at_once_that_it_is_over) {
    ProgressThrottle throttle(NodeId{4}, "task", {});
    const Instant start{Millis{50'000}};
    EXPECT_FALSE(throttle.troubled(std::nullopt, start)) << "there was none";
    EXPECT_FALSE(throttle.troubled(silence_since(start), start + Millis{1'999}));
    const auto told = throttle.troubled(silence_since(start), start + Millis{2'000});
    ASSERT_TRUE(told);
    EXPECT_EQ(told->trouble, (Trouble{ReasonKind::silent, "no answer"}));
    EXPECT_EQ(told->until, start + Millis{60'000});
    EXPECT_FALSE(throttle.troubled(silence_since(start), start + Millis{30'000})) << "no news";
    const auto over = throttle.troubled(std::nullopt, start + Millis{30'001});
    ASSERT_TRUE(over);
    EXPECT_EQ(over->trouble, Trouble{});
    EXPECT_EQ(over->until, never);
}

TEST(ProgressThrottle, tells_other_trouble_every_ten_seconds_at_most) {
    ProgressThrottle throttle(NodeId{4}, "task", {});
    const Instant start{Millis{50'000}};
    Conversation::Trouble trouble = silence_since(start - Millis{10'000});
    ASSERT_TRUE(throttle.troubled(trouble, start));
    trouble.what = {ReasonKind::unreachable, "refused"};
    EXPECT_FALSE(throttle.troubled(trouble, start + Millis{9'999}));
    EXPECT_TRUE(throttle.troubled(trouble, start + Millis{10'000}));
}

TEST(ProgressThrottle, knows_what_an_earlier_process_told) {
    ProgressThrottle throttle(NodeId{4}, "task", {ReasonKind::silent, "no answer"});
    const auto over = throttle.troubled(std::nullopt, Instant{});
    ASSERT_TRUE(over);
    EXPECT_EQ(over->trouble, Trouble{});
    EXPECT_FALSE(throttle.troubled(std::nullopt, Instant{}));
}

}  // namespace
}  // namespace edgeroll::release
