// Figures about releases, and the full pools that keep nodes waiting.
#include "control/store/api/pool_occupancy.hpp"
#include "tests/store/steering_fixture.hpp"

namespace edgeroll::control::testing {
namespace {

using release::Millis;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

class ApiStatsTest : public SteeringTest {
  protected:
    Stats stats() { return control().get(control().api().stats()); }
    /// A fixed day in the past, so that nothing depends on the clock. The same on both databases.
    static std::string at(const char* time) { return "'2026-01-02 03:" + std::string(time) + "'"; }
};

TEST_P(ApiStatsTest, tells_what_waits_and_for_what) {
    add_whole_release(3, {2});
    add_whole_release(4, {1});
    const ReleaseId timed = add_release(5, 1);
    const std::int64_t other = add_node("lonely", "10.9.9.9");
    add_row(timed, other);
    set(timed, "not_before = '2037-01-01 00:00:00.000'");
    const QueueFigures queue = stats().queue;
    EXPECT_EQ(queue.pending, 3);
    EXPECT_EQ(queue.blocked, 1);
    EXPECT_EQ(queue.due, 1);
    EXPECT_EQ(control().get(control().api().gauges()).queue.blocked, 1) << "the same in metrics";
}

TEST_P(ApiStatsTest, counts_what_runs_and_what_was_finished_of_late) {
    const ReleaseId id = add_failed_release(7, 5, 'a');
    set(id, "status = 'running', finished_at = NULL, updated_at = created_at");
    set_row(id, 3, "status = 'running', finished_at = NULL");
    const Stats now = stats();
    EXPECT_EQ(now.running_releases, 1);
    EXPECT_EQ(now.running_nodes, 1);
    EXPECT_THAT(now.finished_nodes, ElementsAre(Pair("failed", 1), Pair("success", 1)));
    EXPECT_THAT(now.failed_by_kind, ElementsAre(Pair("exec_failed", 1)));
    set_row(id, 1, "finished_at = '2020-01-01 00:00:00.000'");
    EXPECT_THAT(stats().finished_nodes, ElementsAre(Pair("failed", 1))) << "only the last day's";
}

TEST_P(ApiStatsTest, reckons_working_time_apart_from_waiting_and_the_time_to_each_share) {
    const ReleaseId id = add_whole_release(7, {1, 9});
    set(id, "status = 'success', created_at = " + at("00:00.000") +
                ", not_before = " + at("00:30.000") + ", started_at = " + at("01:00.000") +
                ", finished_at = " + at("03:00.000") + ", paused_ms = 30000");
    sql("UPDATE release_task_nodes SET status = 'success', finished_at = " + at("01:10.500"));
    sql("UPDATE release_task_nodes SET finished_at = " + at("02:00.000") + " WHERE node_id > 5");
    sql("UPDATE release_task_nodes SET finished_at = " + at("02:59.000") + " WHERE node_id = 10");
    auto releases = stats().releases;
    ASSERT_THAT(releases, SizeIs(1));
    EXPECT_EQ(releases[0].id, id);
    EXPECT_EQ(releases[0].version, Version{7});
    EXPECT_EQ(releases[0].status, ReleaseStatus::success);
    EXPECT_EQ(releases[0].queued, Millis{30'000}) << "from not_before, not from its creation";
    EXPECT_EQ(releases[0].worked, Millis{90'000});
    EXPECT_EQ(releases[0].waited, Millis{30'000});
    EXPECT_EQ(releases[0].to_50, Millis{10'500});
    EXPECT_EQ(releases[0].to_90, Millis{60'000});
    EXPECT_EQ(releases[0].to_100, Millis{119'000});
    sql("UPDATE release_task_nodes SET status = 'failed' WHERE node_id = 10");
    const auto last = control().get(control().api().gauges()).last_ended;
    ASSERT_TRUE(last);
    EXPECT_EQ(last->id, id);
    EXPECT_EQ(last->to_90, Millis{60'000});
    EXPECT_FALSE(last->to_100) << "not all succeeded";
    // Neither a release that ended earlier nor a running release is the last.
    const ReleaseId earlier = add_whole_release(5, {1});
    set(earlier, "status = 'failed', started_at = " + at("00:00.000") +
                     ", finished_at = " + at("00:10.000"));
    const ReleaseId running = add_whole_release(9, {1});
    set(running, "status = 'running', started_at = " + at("09:00.000"));
    EXPECT_EQ(control().get(control().api().gauges()).last_ended->id, id);
}

TEST_P(ApiStatsTest, tells_how_long_the_newest_ended_rollback_took) {
    const auto last = [&] { return control().get(control().api().gauges()).last_rollback; };
    EXPECT_FALSE(last());
    const ReleaseId undone = add_whole_release(3, {1});
    const ReleaseId later_undone = add_whole_release(4, {1});
    const ReleaseId first = add_whole_release(5, {1});
    set(first, "rolls_back = " + std::to_string(undone.value) + ", finished_at = created_at");
    const ReleaseId id = add_whole_release(7, {1, 3});
    set(id, "rolls_back = " + std::to_string(later_undone.value) +
                ", created_at = " + at("00:00.000") + ", started_at = " + at("00:05.000") +
                ", finished_at = " + at("01:00.000"));
    sql("UPDATE release_task_nodes SET status = 'success', finished_at = " + at("00:06.500"));
    set_row(id, 4, "status = 'failed'");
    ASSERT_TRUE(last());
    EXPECT_EQ(last()->to_50, Millis{6'500}) << "from its creation";
    EXPECT_FALSE(last()->to_90);
    set(id, "finished_at = NULL");
    EXPECT_NE(last()->to_50, Millis{6'500}) << "it has not ended";
}

TEST_P(ApiStatsTest, shows_the_twenty_last_started) {
    EXPECT_THAT(stats().releases, IsEmpty());
    for (int i = 1; i <= 22; ++i)
        add_release(i, 0);
    sql("UPDATE release_tasks SET status = 'failed', started_at = created_at WHERE version <> 22");
    const auto releases = stats().releases;
    ASSERT_THAT(releases, SizeIs(20));
    for (const ReleaseTimes& times : releases)
        EXPECT_NE(times.version, Version{22}) << "not started";
}

TEST_P(ApiStatsTest, finds_the_lanes_that_keep_nodes_waiting) {
    const ReleaseId id = add_whole_release(7, {5, 1});
    sql(R"(UPDATE nodes SET labels = '{"region":"eu"}' WHERE id IN (1, 2, 6))");
    sql(R"(UPDATE nodes SET labels = '{"region":"us"}' WHERE id = 3)");
    set_row(id, 1, "status = 'running'");
    set_row(id, 3, "status = 'running'");
    set_row(id, 4, "status = 'running'");
    release::PoolRule rule;
    rule.label = "region";
    const auto lanes = [&] {
        std::vector<std::string> texts;
        for (const FullPool& lane : read_full_pools(hand(), id, {rule}))
            texts.push_back(lane.value + ":" + std::to_string(lane.running) + "/" +
                            std::to_string(lane.size));
        return texts;
    };
    EXPECT_THAT(lanes(), ElementsAre(":1/1", "eu:1/1")) << "nobody waits for us";
    rule.sizes["eu"] = 2;
    EXPECT_THAT(lanes(), ElementsAre(":1/1"));
    set_row(id, 2, "status = 'running'");
    EXPECT_THAT(lanes(), ElementsAre(":1/1")) << "the one of the next batch does not wait yet";
    EXPECT_THAT(read_full_pools(hand(), id, {}), IsEmpty());
}

EDGEROLL_ON_BOTH_DATABASES(ApiStatsTest);

}  // namespace
}  // namespace edgeroll::control::testing
