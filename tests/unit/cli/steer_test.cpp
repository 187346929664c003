#include "control/cli/steer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes.hpp"

namespace edgeroll::cli {
namespace {

using release::wire::Json;
using ::testing::HasSubstr;

constexpr const char* running =
    R"({"releaseId":7,"version":42,"status":"running","currentBatch":2,"totalBatches":3,"batches":[
        {"batch":1,"nodes":[{"nodeId":1,"nodeName":"edge-1","status":"success"}]},
        {"batch":2,"nodes":[{"nodeId":2,"nodeName":"edge-2","status":"running"}]},
        {"batch":3,"nodes":[{"nodeId":3,"status":"pending"},{"nodeId":4,"status":"pending"}]}]})";
constexpr const char* answer =
    R"({"releaseId":7,"status":"running","batchStatus":"running","requestedAction":"stop",
        "waitingFor":{"reason":"1 running node must end first","nodes":["edge-2"],"until":null}})";

struct Steer : ::testing::Test {
    test::World world;

    Text run(const ReleaseSteer& what, Format format = Format::table) {
        return steer_release(what, format, world.ports());
    }
    static ReleaseSteer asked(Steering action) {
        ReleaseSteer what;
        what.action = action;
        what.id = 7;
        return what;
    }
    [[nodiscard]] Json body() const { return Json::parse(world.http.requests.back().body); }
};

TEST_F(Steer, sends_each_action_where_it_belongs) {
    const std::pair<Steering, const char*> paths[] = {{Steering::pause, "pause-batch"},
                                                      {Steering::resume, "continue-batch"},
                                                      {Steering::stop, "stop-batch"},
                                                      {Steering::retry, "retry"},
                                                      {Steering::rollback, "rollback"}};
    world.http.answers_data(answer);
    for (const auto& [action, path] : paths) {
        auto what = asked(action);
        what.is_confirmed = true;
        what.reason = "why";
        world.http.requests.clear();
        EXPECT_TRUE(run(what));
        EXPECT_EQ(world.http.requests[0].method, "POST");
        EXPECT_EQ(world.http.requests[0].path, std::string("/api/v1/releases/7/") + path);
        EXPECT_EQ(Json::parse(world.http.requests[0].body), Json::parse(R"({"reason":"why"})"));
    }
}

TEST_F(Steer, pauses_and_continues_without_asking) {
    world.http.answers_data(answer);
    EXPECT_TRUE(run(asked(Steering::pause)));
    EXPECT_TRUE(run(asked(Steering::resume)));
    EXPECT_EQ(world.http.requests.size(), 2U);
    EXPECT_EQ(body(), Json::object());
}

TEST_F(Steer, tells_what_became_of_it) {
    world.http.answers_data(answer);
    auto what = asked(Steering::stop);
    what.is_confirmed = true;
    EXPECT_EQ(run(what),
              "release 7: stop is recorded; status running, batches running\n"
              "now: 1 running node must end first (edge-2)\n"
              "Follow it: edgeroll release watch 7\n");
}

TEST_F(Steer, asks_with_what_will_happen_and_stops_on_yes) {
    world.keyboard.is_manned = true;
    world.keyboard.lines = {"y"};
    world.http.answers_data(running);
    world.http.answers_data(answer);
    EXPECT_TRUE(run(asked(Steering::stop)));
    EXPECT_EQ(world.screen.errors,
              "release 7 (version 42): batch 2/3 running, 1 of 4 nodes done; 2 nodes will be "
              "skipped, 1 running will be cancelled where the agent can. It cannot be undone. "
              "Stop it? [y/N] ");
    EXPECT_EQ(world.http.requests.back().method, "POST");
}

TEST_F(Steer, asks_before_it_gives_nodes_up_and_names_them) {
    world.keyboard.is_manned = true;
    world.keyboard.lines = {"y"};
    world.http.answers_data(running);
    world.http.answers_data(
        R"({"releaseId":7,"status":"running","batchStatus":"running","requestedAction":"stop",
            "waitingFor":null,"nodes":[{"nodeId":2,"nodeName":"edge-2","batch":2}]})");
    auto what = asked(Steering::stop);
    what.is_forced = true;
    what.reason = "edge-2 is cut off";
    EXPECT_EQ(run(what),
              "release 7: stop is recorded; status running, batches running\n"
              "given up:\n"
              "batch 2: edge-2\n"
              "Follow it: edgeroll release watch 7\n");
    EXPECT_EQ(world.screen.errors,
              "release 7 (version 42): batch 2/3 running, 1 of 4 nodes done; 2 nodes will be "
              "skipped, 1 node that runs will be given up as failed: what it does then will not be "
              "known. It cannot be undone. Stop it? [y/N] ");
    EXPECT_EQ(world.http.requests.back().path, "/api/v1/releases/7/stop-batch");
    EXPECT_EQ(body(), Json::parse(R"({"reason":"edge-2 is cut off","force":true})"));
}

TEST_F(Steer, sends_nothing_unless_the_answer_is_yes) {
    for (const char* line : {"", "n", "no", "yep", "j"}) {
        test::World other;
        other.keyboard.is_manned = true;
        other.keyboard.lines = {line};
        other.http.answers_data(running);
        const auto text = steer_release(asked(Steering::stop), Format::table, other.ports());
        ASSERT_FALSE(text) << line;
        EXPECT_EQ(text.error().status, ExitStatus::refused);
        EXPECT_EQ(text.error().message, "nothing was done");
        EXPECT_EQ(other.http.requests.size(), 1U) << line;
    }
    world.keyboard.is_manned = true;  // and at the end of the input
    world.http.answers_data(running);
    EXPECT_FALSE(run(asked(Steering::stop)));
    EXPECT_EQ(world.http.requests.size(), 1U);
}

TEST_F(Steer, needs_yes_where_nobody_can_be_asked) {
    for (const Steering action : {Steering::stop, Steering::retry, Steering::rollback}) {
        const auto text = run(asked(action));
        ASSERT_FALSE(text);
        EXPECT_EQ(text.error().status, ExitStatus::refused);
        EXPECT_THAT(text.error().message, HasSubstr("needs --yes"));
    }
    EXPECT_TRUE(world.http.requests.empty());
}

TEST_F(Steer, does_not_ask_about_what_cannot_be) {
    world.keyboard.is_manned = true;
    world.keyboard.lines = {"y"};
    world.http.answers_data(R"({"releaseId":7,"version":42,"status":"failed","totalNodes":3,
        "successNodes":1,"failedNodes":1,"skippedNodes":1,"actions":["retry","rollback"]})");
    const auto text = run(asked(Steering::stop));
    ASSERT_FALSE(text);
    EXPECT_EQ(text.error().message,
              "release 7 (version 42): failed, 3 of 3 nodes done: nothing to stop; what fits: "
              "edgeroll release retry 7, edgeroll release rollback 7");
    EXPECT_EQ(world.http.requests.size(), 1U);
    EXPECT_EQ(world.screen.errors, "");
}

TEST_F(Steer, retries_nodes_by_name_or_id) {
    auto what = asked(Steering::retry);
    what.is_confirmed = true;
    what.nodes = {"edge-3", "4", "10.0.0.7"};
    world.http.answers_data(R"({"releaseId":7,"status":"failed","batchStatus":"stopped",
        "requestedAction":"retry","waitingFor":null,"nodes":[
        {"nodeId":3,"nodeName":"edge-3","batch":1},{"nodeId":4,"nodeName":"edge-4","batch":2}]})");
    const auto text = run(what);
    ASSERT_TRUE(text);
    EXPECT_EQ(body(), Json::parse(R"({"nodes":["edge-3",4,"10.0.0.7"]})"));
    EXPECT_THAT(*text, HasSubstr("retry is recorded"));
    EXPECT_THAT(*text, HasSubstr("batch 1: edge-3\nbatch 2: edge-4\n"));
}

TEST_F(Steer, rolls_back_into_a_new_release_and_names_whom_it_leaves_alone) {
    auto what = asked(Steering::rollback);
    what.is_confirmed = what.is_forced = true;
    world.http.answers_data(R"({"releaseId":12,"version":44,"totalNodes":2,"batches":[
        {"batch":1,"size":2,"nodeIds":[1,2]}],"leftAlone":[
        {"nodeId":6,"nodeName":"edge-6","reason":"its earlier content was never seen"}]})");
    const auto text = run(what);
    ASSERT_TRUE(text);
    EXPECT_EQ(Json::parse(world.http.requests[0].body), Json::parse(R"({"force":true})"));
    EXPECT_THAT(*text, HasSubstr("release 12 (version 44) rolls back release 7: 2 nodes\n"));
    EXPECT_THAT(*text, HasSubstr("Left alone:\nCOUNT  WHY                                 NODES\n"
                                 "    1  its earlier content was never seen  edge-6"));
    EXPECT_THAT(*text, HasSubstr("edgeroll release watch 12"));
}

constexpr const char* rollback_plan =
    R"({"releaseId":null,"version":44,"totalNodes":3,"bans":"cdcdcdcdcdcdcdcd","nodes":[
        {"nodeId":1,"nodeName":"edge-1","batch":1,"configVersion":41,"sha256":"aaaaaaaaaaaaaaaa"},
        {"nodeId":2,"nodeName":"edge-2","batch":2,"configVersion":41,"sha256":"aaaaaaaaaaaaaaaa"},
        {"nodeId":3,"nodeName":"edge-3","batch":2,"configVersion":40,"sha256":null}],
        "leftAlone":[{"nodeId":6,"nodeName":"edge-6","reason":"never seen"}]})";
constexpr const char* finished =
    R"({"releaseId":7,"version":42,"status":"failed","totalNodes":9,"successNodes":8,
        "failedNodes":1,"actions":["retry","rollback"]})";

TEST_F(Steer, asks_about_the_rollback_that_control_would_make) {
    world.keyboard.is_manned = true;
    world.keyboard.lines = {"y"};
    world.http.answers_data(finished);
    world.http.answers_data(rollback_plan);
    world.http.answers_data(R"({"releaseId":12,"version":44,"totalNodes":3})");
    auto what = asked(Steering::rollback);
    what.reason = "why";
    EXPECT_TRUE(run(what));
    EXPECT_EQ(world.screen.errors,
              "release 7 (version 42): failed, 9 of 9 nodes done; 3 nodes will get what they had "
              "before (2 version 41, 1 version 40), 1 is left alone (edge-6: never seen), by a new "
              "release, and the content of version 42 will be banned. Roll it back? [y/N] ");
    ASSERT_GE(world.http.requests.size(), 3U);
    EXPECT_EQ(Json::parse(world.http.requests[1].body),
              Json::parse(R"({"reason":"why","dry_run":true})"));
    EXPECT_EQ(Json::parse(world.http.requests[2].body), Json::parse(R"({"reason":"why"})"));
}

TEST_F(Steer, does_not_ask_about_a_rollback_that_is_refused) {
    world.keyboard.is_manned = true;
    world.keyboard.lines = {"y"};
    world.http.answers_data(finished);
    world.http.answers_with(
        R"({"code":3003,"message":"rollback is refused: release 8 (version 43) first"})", 409);
    const auto text = run(asked(Steering::rollback));
    ASSERT_FALSE(text);
    EXPECT_THAT(text.error().message, HasSubstr("release 8 (version 43)"));
    EXPECT_EQ(world.screen.errors, "");
    EXPECT_EQ(world.http.requests.size(), 2U);
}

TEST_F(Steer, shows_a_rollback_without_doing_it) {
    world.http.answers_data(rollback_plan);
    auto what = asked(Steering::rollback);
    what.is_dry_run = what.is_forced = true;
    EXPECT_EQ(run(what),
              "rolling back release 7, as version 44: 3 nodes; nothing was changed\n"
              "\n"
              "BATCH  SIZE  VERSION  SHA256        NODES\n"
              "    1     1       41  aaaaaaaaaaaa  edge-1\n"
              "    2     1       40                edge-3\n"
              "    2     1       41  aaaaaaaaaaaa  edge-2\n"
              "\n"
              "Left alone:\n"
              "COUNT  WHY         NODES\n"
              "    1  never seen  edge-6\n"
              "\n"
              "The content that is undone (sha256 cdcdcdcdcdcd) would be banned.\n"
              "\n"
              "To do it:\n"
              "  edgeroll release rollback 7 --force\n");
    ASSERT_EQ(world.http.requests.size(), 1U);
    EXPECT_EQ(body(), Json::parse(R"({"force":true,"dry_run":true})"));
    const auto json = run(what, Format::json);
    ASSERT_TRUE(json);
    EXPECT_EQ(Json::parse(*json)["version"], 44);
}

TEST_F(Steer, says_that_a_retry_of_some_leaves_the_release_failed) {
    world.keyboard.is_manned = true;
    world.keyboard.lines = {"n"};
    world.http.answers_data(R"({"releaseId":7,"version":42,"status":"failed","totalNodes":5,
        "failedNodes":5,"actions":["retry"]})");
    auto what = asked(Steering::retry);
    what.nodes = {"edge-1"};
    EXPECT_FALSE(run(what));
    EXPECT_THAT(world.screen.errors,
                HasSubstr("Only edge-1 will be tried again, in the old batches. The other 4 nodes "
                          "are left out: the release ends as failed until they are retried too. "
                          "Retry? [y/N]"));
}

TEST_F(Steer, points_to_explain_when_the_state_does_not_allow_it) {
    world.http.answers_with(R"({"code":3003,"message":"release 7 is in its last batch"})", 409);
    const auto text = run(asked(Steering::pause));
    ASSERT_FALSE(text);
    EXPECT_EQ(text.error().message,
              "control refused: release 7 is in its last batch (code 3003); edgeroll release "
              "explain 7 says what can be done");
}

TEST(Limit, changes_what_was_typed_only) {
    ReleaseLimit what;
    what.id = 7;
    what.max_parallel = "20";
    what.reason = "why";
    test::World world;
    world.http.answers_data(R"({"releaseId":7,"maxParallel":20,"maxParallelPer":{"region":2}})");
    EXPECT_EQ(limit_release(what, Format::table, world.ports()),
              "release 7\nmax parallel      20\nmax parallel per  region=2\n");
    EXPECT_EQ(world.http.requests[0].method, "PATCH");
    EXPECT_EQ(world.http.requests[0].path, "/api/v1/releases/7");
    EXPECT_EQ(Json::parse(world.http.requests[0].body),
              Json::parse(R"({"max_parallel":20,"reason":"why"})"));
}

TEST(Limit, takes_limits_away) {
    ReleaseLimit what;
    what.id = 7;
    what.max_parallel = "none";
    what.max_parallel_per = {"none"};
    test::World world;
    world.http.answers_data(R"({"releaseId":7,"maxParallel":null,"maxParallelPer":null})");
    EXPECT_EQ(limit_release(what, Format::table, world.ports()),
              "release 7\nmax parallel      no limit\nmax parallel per  no limit\n");
    EXPECT_EQ(Json::parse(world.http.requests[0].body),
              Json::parse(R"({"max_parallel":null,"max_parallel_per":null})"));
}

TEST(Limit, sets_pools) {
    ReleaseLimit what;
    what.id = 7;
    what.max_parallel_per = {"region=2", "provider=3"};
    test::World world;
    world.http.answers_data("{}");
    EXPECT_TRUE(limit_release(what, Format::table, world.ports()));
    EXPECT_EQ(Json::parse(world.http.requests[0].body),
              Json::parse(R"({"max_parallel_per":{"region":2,"provider":3}})"));
}

}  // namespace
}  // namespace edgeroll::cli
