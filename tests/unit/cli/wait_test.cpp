#include "control/cli/wait.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes.hpp"

namespace edgeroll::cli {
namespace {

using test::node;
using test::release_of;
using ::testing::HasSubstr;

std::string json_of(const std::string& status) {
    return R"({"releaseId":7,"version":42,"status":")" + status + R"(","totalNodes":1})";
}

struct Wait : ::testing::Test {
    test::World world;
    ReleaseWait what{7, "done", 0};

    ExitStatus run(Format format = Format::table) { return wait_for(what, format, world.ports()); }
};

TEST(ReachOf, done_success_and_paused) {
    const auto at = [](const char* status) {
        return release_of(status, 1, {{node(1, "running")}});
    };
    for (const char* goal : {"done", "success"}) {
        EXPECT_EQ(reach_of(goal, at("success")), Reach::reached);
        EXPECT_EQ(reach_of(goal, at("failed")), Reach::never);
        EXPECT_EQ(reach_of(goal, at("cancelled")), Reach::never);
        EXPECT_EQ(reach_of(goal, at("paused")), Reach::not_yet);
    }
    EXPECT_EQ(reach_of("paused", at("paused")), Reach::reached);
    EXPECT_EQ(reach_of("paused", at("running")), Reach::not_yet);
    EXPECT_EQ(reach_of("paused", at("success")), Reach::never);
}

TEST(ReachOf, a_batch_is_reached_when_it_is_done) {
    auto release = release_of("running", 1, {{node(1, "running")}, {node(2, "pending")}});
    EXPECT_EQ(reach_of("batch:1", release), Reach::not_yet);
    EXPECT_EQ(reach_of("batch:2", release), Reach::not_yet);
    release.batches[0].nodes[0].status = "success";
    EXPECT_EQ(reach_of("batch:1", release), Reach::reached);
    release.status = "failed";
    EXPECT_EQ(reach_of("batch:1", release), Reach::never) << "it ended in that batch";
    release.current_batch = 2;
    EXPECT_EQ(reach_of("batch:1", release), Reach::reached) << "it ended in a later one";
    EXPECT_EQ(reach_of("batch:2", release), Reach::never);
    release.status = "success";
    EXPECT_EQ(reach_of("batch:2", release), Reach::reached);
    EXPECT_FALSE(reach_of("batch:3", release));
    EXPECT_EQ(reach_of("batch:3", release_of("pending", 0, {})), Reach::not_yet) << "not planned";
}

TEST(ReachOf, a_batch_all_of_whose_nodes_were_settled_before_its_turn_is_not_reached) {
    EXPECT_EQ(
        reach_of("batch:2", release_of("running", 1, {{node(1, "running")}, {node(2, "skipped")}})),
        Reach::not_yet);
}

TEST_F(Wait, ends_with_0_when_it_is_reached) {
    world.http.answers_data(json_of("running"));
    world.http.answers_data(json_of("success"));
    EXPECT_EQ(run(), ExitStatus::success);
    EXPECT_EQ(world.http.requests.size(), 2U);
    EXPECT_EQ(world.screen.written, "release 7 success: 0 of 1 nodes succeeded\n");
}

TEST_F(Wait, ends_with_1_when_the_release_ended_otherwise) {
    world.http.answers_data(json_of("cancelled"));
    EXPECT_EQ(run(), ExitStatus::release_failed);
}

TEST_F(Wait, ends_with_4_when_the_time_is_over_and_says_where_it_stands) {
    what.timeout_sec = 2.5;
    world.http.answers_data(json_of("running"));
    EXPECT_EQ(run(), ExitStatus::timed_out);
    EXPECT_EQ(world.http.requests.size(), 4U) << "at 0, 1, 2 and 2.5 s";
    EXPECT_EQ(world.screen.errors,
              "edgeroll: not done within 2.5 s: release 7 (version 42): "
              "running, 0 of 1 nodes done\n");
    EXPECT_EQ(world.screen.written, "");
}

TEST_F(Wait, survives_a_restart_of_control) {
    world.http.answers_data(json_of("running"));
    world.http.is_away();
    world.http.is_away();
    world.http.answers_data(json_of("success"));
    EXPECT_EQ(run(), ExitStatus::success);
    const std::string& text = world.screen.errors;
    EXPECT_THAT(text, HasSubstr("trying again"));
    EXPECT_EQ(text.find("trying again"), text.rfind("trying again"));
}

TEST_F(Wait, ends_by_its_time_also_while_control_is_away) {
    what.timeout_sec = 3;
    world.http.answers_data(json_of("running"));
    world.http.is_away();
    EXPECT_EQ(run(), ExitStatus::timed_out);
}

TEST_F(Wait, ends_at_once_when_it_is_refused_or_control_never_answered) {
    world.http.answers_with(R"({"code":3001,"message":"no release 7"})", 404);
    EXPECT_EQ(run(), ExitStatus::refused);
    test::World other;
    other.http.is_away();
    EXPECT_EQ(wait_for(what, Format::table, other.ports()), ExitStatus::unreachable);
    test::World third;
    what.goal = "batch:9";
    third.http.answers_data(
        R"({"releaseId":7,"status":"running","batches":[{"batch":1,"nodes":[]}]})");
    EXPECT_EQ(wait_for(what, Format::table, third.ports()), ExitStatus::refused);
    EXPECT_EQ(third.screen.errors, "edgeroll: release 7 has no batch 9: it has 1\n");
}

}  // namespace
}  // namespace edgeroll::cli
