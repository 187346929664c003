#include "control/cli/watch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes.hpp"

namespace edgeroll::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string release_json(const std::string& status, const std::string& node_status) {
    return R"({"releaseId":7,"version":42,"status":")" + status +
           R"(","currentBatch":1,"totalBatches":1,"totalNodes":1,"batches":[{"batch":1,"nodes":)" +
           R"([{"nodeId":1,"nodeName":"edge-1","status":")" + node_status +
           R"(","errorMsg":"nginx: bad"}]}]})";
}

struct Watch : ::testing::Test {
    test::World world;
    ReleaseWatch what{7, 0};

    ExitStatus run(Format format = Format::table) { return watch(what, format, world.ports()); }
};

TEST_F(Watch, ends_with_success) {
    world.http.answers_data(release_json("running", "running"));
    world.http.answers_data(release_json("success", "success"));
    EXPECT_EQ(run(), ExitStatus::success);
    EXPECT_EQ(world.http.requests[0].path, "/api/v1/releases/7");
    EXPECT_THAT(world.screen.written,
                HasSubstr("2026-11-21T12:00:01Z node edge-1 (batch 1): success"));
    EXPECT_THAT(world.screen.written, Not(HasSubstr("\x1b")));
}

TEST_F(Watch, ends_with_1_when_the_release_failed_or_was_cancelled) {
    world.http.answers_data(release_json("failed", "failed"));
    EXPECT_EQ(run(), ExitStatus::release_failed);
    test::World other;
    other.http.answers_data(release_json("cancelled", "skipped"));
    EXPECT_EQ(watch(what, Format::table, other.ports()), ExitStatus::release_failed);
}

TEST_F(Watch, survives_a_restart_of_control_and_says_so_once) {
    world.http.answers_data(release_json("running", "running"));
    world.http.is_away();
    world.http.is_away();
    world.http.answers_with(R"({"code":5002,"message":"database is away"})", 503);
    world.http.answers_data(release_json("success", "success"));
    EXPECT_EQ(run(), ExitStatus::success);
    const std::string& text = world.screen.written;
    EXPECT_THAT(text, HasSubstr("connection refused; trying again"));
    EXPECT_EQ(text.find("trying again"), text.rfind("trying again"));
    EXPECT_THAT(text, HasSubstr("control answers again"));
}

TEST_F(Watch, ends_at_once_when_control_never_answered) {
    world.http.is_away();
    EXPECT_EQ(run(), ExitStatus::unreachable);
    EXPECT_EQ(world.http.requests.size(), 1U);
    EXPECT_THAT(world.screen.errors, HasSubstr("connection refused"));
}

TEST_F(Watch, gives_up_after_the_time_asked_for) {
    what.give_up_after_sec = 3;
    world.http.answers_data(release_json("running", "running"));
    world.http.is_away();
    EXPECT_EQ(run(), ExitStatus::unreachable);
    EXPECT_EQ(world.http.requests.size(), 5U) << "one look, then at 1, 2, 3 and 4 s";
}

TEST_F(Watch, ends_when_it_is_refused) {
    world.http.answers_data(release_json("running", "running"));
    world.http.answers_with(R"({"code":1003,"message":"token expired"})", 401);
    EXPECT_EQ(run(), ExitStatus::refused);
    EXPECT_THAT(world.screen.errors, HasSubstr("EDGEROLL_TOKEN"));
}

TEST_F(Watch, redraws_in_place_on_a_terminal) {
    world.screen.is_terminal = true;
    world.http.answers_data(release_json("running", "running"));
    world.http.is_away();
    world.http.answers_data(release_json("failed", "failed"));
    EXPECT_EQ(run(), ExitStatus::release_failed);
    const std::string& text = world.screen.written;
    EXPECT_TRUE(text.starts_with("release 7  version 42  running"));
    EXPECT_THAT(text, HasSubstr("\x1b[2F")) << "back over head and batch";
    EXPECT_THAT(text, HasSubstr("connection refused; trying again\x1b[K\n"));
    EXPECT_THAT(text, HasSubstr("edge-1 failed: nginx: bad"));
    EXPECT_TRUE(text.ends_with("release 7 failed: 0 of 1 nodes succeeded, 1 failed\n"));
}

TEST_F(Watch, prints_one_object_for_each_change_as_json) {
    world.http.answers_data(release_json("running", "running"));
    world.http.answers_data(release_json("running", "running"));
    world.http.is_away();
    world.http.answers_data(release_json("success", "success"));
    EXPECT_EQ(run(Format::json), ExitStatus::success);
    const std::string& text = world.screen.written;
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
    EXPECT_THAT(world.screen.errors, HasSubstr("trying again"));
}

}  // namespace
}  // namespace edgeroll::cli
