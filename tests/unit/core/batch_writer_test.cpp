#include "control/core/batch_writer.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <string>
#include <vector>

#include "tests/support/manual_clock.hpp"
#include "tls/rt/spawn.hpp"

namespace edgeroll::control {
namespace {

release::Reported result(std::int64_t node) {
    release::Reported reported;
    reported.node = release::NodeId{node};
    return reported;
}

struct BatchWriting : testing::Test {
    boost::asio::io_context context;
    test::ManualClock clock{context};
    BatchWriter writer{clock};
    std::vector<std::vector<release::Event>> groups;

    static boost::asio::awaitable<void> collect(BatchWriter& writer,
                                                std::vector<std::vector<release::Event>>& into) {
        while (true) {
            std::vector<release::Event> group = co_await writer.next_group();
            into.push_back(std::move(group));
        }
    }
    void SetUp() override {
        rt::spawn(context.get_executor(), "collect", collect(writer, groups));
        clock.pump();
    }
};

TEST_F(BatchWriting, passes_a_single_event_on_at_once) {
    writer.add(result(1));
    clock.pump();

    ASSERT_EQ(groups.size(), 1U);
    EXPECT_EQ(groups[0].size(), 1U);
}

TEST_F(BatchWriting, groups_what_came_together_and_loses_nothing) {
    for (int i = 1; i <= 1'201; ++i)
        writer.add(result(i));
    clock.advance(release::Millis{1'000});

    std::int64_t next = 1;
    for (const auto& group : groups) {
        EXPECT_LE(group.size(), release::events_per_step);
        for (const release::Event& event : group) {
            EXPECT_EQ(std::get<release::Reported>(event).node.value, next++);
        }
    }
    EXPECT_EQ(next, 1'202);
    EXPECT_LE(groups.size(), 4U);
}

TEST_F(BatchWriting, waits_a_moment_for_more_when_many_arrive) {
    for (int i = 1; i <= 20; ++i)
        writer.add(result(i));
    clock.pump();
    writer.add(result(21));
    clock.pump();
    EXPECT_EQ(groups.size(), 1U);
    writer.add(result(22));
    clock.advance(release::Millis{50});

    ASSERT_EQ(groups.size(), 2U);
    EXPECT_EQ(groups[1].size(), 2U);
}

TEST_F(BatchWriting, returns_an_empty_group_when_interrupted) {
    writer.interrupt();
    clock.pump();

    ASSERT_EQ(groups.size(), 1U);
    EXPECT_TRUE(groups[0].empty());
}

}  // namespace
}  // namespace edgeroll::control
