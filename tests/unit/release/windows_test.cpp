// When batches may start: times of day, and releases outside of them.
#include "release/windows.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>

#include "release/step.hpp"
#include "tests/support/rows.hpp"

namespace edgeroll::release {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using test::Desk;
using test::n1, test::n2;
using test::Rows;

/// @param at hours and minutes of a day, UTC
std::int64_t utc(int hour, int minute = 0) {
    constexpr std::int64_t some_day = 20'000;
    return ((some_day * 24 + hour) * 60 + minute) * 60'000;
}

struct Case {
    const char* what;
    std::vector<Window> windows;
    std::int64_t at;
    Millis wait;
};

void PrintTo(const Case& one, std::ostream* out) {
    *out << one.what;
}

struct UntilOpen : testing::TestWithParam<Case> {};

TEST_P(UntilOpen, is_right) {
    EXPECT_EQ(until_open(GetParam().windows, GetParam().at), GetParam().wait);
}

constexpr int at_1 = 60, at_5 = 300, at_22 = 22 * 60, at_6 = 360;

INSTANTIATE_TEST_SUITE_P(
    Windows, UntilOpen,
    testing::Values(Case{"none", {}, utc(12), Millis{0}},
                    Case{"first_moment", {{at_1, at_5, 0}}, utc(1), Millis{0}},
                    Case{"moment_before", {{at_1, at_5, 0}}, utc(1) - 1, Millis{1}},
                    Case{"last_moment", {{at_1, at_5, 0}}, utc(5) - 1, Millis{0}},
                    Case{"end", {{at_1, at_5, 0}}, utc(5), hours(20)},
                    Case{"before_midnight", {{at_22, at_6, 0}}, utc(23), Millis{0}},
                    Case{"after_midnight", {{at_22, at_6, 0}}, utc(5, 59), Millis{0}},
                    Case{"outside_of_a_night", {{at_22, at_6, 0}}, utc(6), hours(16)},
                    Case{"whole_day", {{at_6, at_6, 0}}, utc(3), Millis{0}},
                    Case{"until_midnight", {{at_22, 0, 0}}, utc(23, 59), Millis{0}},
                    Case{"from_midnight", {{0, at_1, 0}}, utc(23), hours(1)},
                    Case{"east_of_utc", {{at_1, at_5, 480}}, utc(17), Millis{0}},
                    Case{"east_of_utc_before", {{at_1, at_5, 480}}, utc(16, 30), minutes(30)},
                    Case{"west_of_utc", {{at_1, at_5, -210}}, utc(4, 30), Millis{0}},
                    Case{"west_of_utc_before", {{at_1, at_5, -210}}, utc(4), minutes(30)},
                    Case{"far_east", {{0, at_1, 840}}, utc(10), Millis{0}},
                    Case{"far_west", {{0, at_1, -840}}, utc(14), Millis{0}},
                    Case{"second_of_two", {{at_1, at_5, 0}, {720, 780, 0}}, utc(12, 30), Millis{0}},
                    Case{"nearest_of_two", {{at_1, at_5, 0}, {720, 780, 0}}, utc(11), hours(1)},
                    Case{"two_zones", {{at_1, at_5, 480}, {at_1, at_5, 0}}, utc(0), hours(1)},
                    Case{"before_1970", {{at_1, at_5, 0}}, -3'600'000, hours(2)}),
    [](const testing::TestParamInfo<Case>& one) { return std::string(one.param.what); });

struct Windows : testing::Test {
    Rows rows{{1, 1, 2}};
    Desk desk{rows};
    void TearDown() override { EXPECT_THAT(desk.violations, testing::IsEmpty()); }
};

TEST_F(Windows, keep_a_release_pending_until_they_open) {
    rows.header.policy.windows = {{at_1, at_5, 0}};
    desk.observe();
    EXPECT_EQ(rows.header.status, ReleaseStatus::pending);
    EXPECT_EQ(rows.header.batch_status, BatchStatus::none);
    EXPECT_EQ(rows.header.hold, Hold::window);
    EXPECT_EQ(rows.header.hold_until, Rows::epoch + hours(1));
    EXPECT_TRUE(desk.started.empty());
    desk.sleep();

    EXPECT_EQ(desk.now, Rows::epoch + hours(1));
    EXPECT_EQ(desk.started.size(), 2U);
    EXPECT_EQ(rows.header.status, ReleaseStatus::running);
    EXPECT_EQ(rows.header.hold, Hold::none);
    EXPECT_EQ(rows.header.started_at, desk.now);
}

TEST_F(Windows, do_not_touch_a_batch_that_runs_when_they_close) {
    rows.header.policy.windows = {{0, 60, 0}};
    desk.state.rules.start_window = 1;
    desk.observe();
    EXPECT_EQ(desk.started.size(), 1U);
    desk.now += hours(2);
    desk.report(n1, NodeStatus::success);
    EXPECT_EQ(desk.started.size(), 2U);
    desk.report(n2, NodeStatus::success);

    EXPECT_EQ(rows.header.hold, Hold::window);
    EXPECT_EQ(rows.header.status, ReleaseStatus::paused);
    EXPECT_EQ(rows.header.hold_until, Rows::epoch + hours(24));
    desk.sleep();
    EXPECT_EQ(rows.header.current_batch, 2);
}

TEST_F(Windows, say_the_new_time_when_they_are_changed) {
    rows.header.policy.windows = {{at_1, at_5, 0}};
    desk.observe();
    const std::size_t said = rows.history.size();
    desk.observe();
    EXPECT_EQ(rows.history.size(), said);  // not repeated at every read
    rows.header.policy.windows = {{at_6, at_22, 0}};
    desk.observe();

    EXPECT_EQ(rows.header.hold_until, Rows::epoch + hours(6));
    EXPECT_EQ(desk.wake_at, Rows::epoch + hours(6));
}

TEST_F(Windows, are_taken_from_the_wall_clock_also_long_after_a_reading) {
    rows.header.utc_ms = utc(23);
    rows.header.policy.windows = {{at_1, at_5, 0}};
    desk.observe();
    EXPECT_EQ(desk.wake_at, Rows::epoch + hours(2));
    desk.now += minutes(119);
    desk.give(Woken{});
    EXPECT_TRUE(desk.started.empty());
    desk.now += minutes(1);
    desk.give(Woken{});

    EXPECT_EQ(desk.started.size(), 2U);
}

TEST_F(Windows, let_a_stop_through) {
    rows.header.policy.windows = {{at_1, at_5, 0}};
    desk.observe();
    desk.request(Action::stop);
    EXPECT_EQ(rows.header.status, ReleaseStatus::cancelled);
}

TEST_F(Windows, are_not_passed_by_a_continue_before_the_first_batch) {
    rows.header.policy.windows = {{at_1, at_5, 0}};
    desk.observe();
    desk.request(Action::resume);

    EXPECT_TRUE(desk.started.empty());
    EXPECT_EQ(rows.header.requested, Action::none);
    EXPECT_EQ(rows.header.hold, Hold::window);
    EXPECT_EQ(rows.header.status, ReleaseStatus::pending);
}

}  // namespace
}  // namespace edgeroll::release
