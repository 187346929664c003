#include "control/cli/explain.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/cli/advice.hpp"
#include "control/cli/text.hpp"
#include "fakes.hpp"
#include "noon.hpp"

namespace edgeroll::cli {
namespace {

using test::node;
using test::release_of;
using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> commands(const ReleaseLine& release) {
    std::vector<std::string> words;
    for (const Advice& step : next_steps(test::judged(release)))
        words.push_back(step.command.substr(std::string("edgeroll release ").size()));
    return words;
}

ReleaseLine unfinished(const std::string& status) {
    return release_of(status, 1, {{node(1, "success")}, {node(2, "pending")}});
}

TEST(NextSteps, fit_each_state) {
    EXPECT_THAT(commands(release_of("pending", 0, {{node(1, "pending")}})),
                ElementsAre("stop 7", "watch 7"));
    EXPECT_THAT(commands(unfinished("running")),
                ElementsAre("pause 7", "stop 7", "watch 7", "rollback 7 --abort"));
    EXPECT_THAT(commands(unfinished("paused")),
                ElementsAre("continue 7", "stop 7", "watch 7", "rollback 7 --abort"));
    EXPECT_THAT(commands(release_of("running", 1, {{node(1, "running")}})),
                ElementsAre("stop 7", "watch 7", "rollback 7 --abort"))
        << "no pause in the last batch";
    ReleaseLine pausing = unfinished("running");
    pausing.requested_action = "pause";
    EXPECT_THAT(commands(pausing),
                ElementsAre("continue 7", "stop 7", "watch 7", "rollback 7 --abort"));
    ReleaseLine stopping = unfinished("running");
    stopping.batch_status = "stopped";
    EXPECT_THAT(commands(stopping), ElementsAre("watch 7"));
    stopping.batches[0].nodes[0].status = "running";
    EXPECT_THAT(commands(stopping), ElementsAre("watch 7", "stop 7 --force --reason TEXT"));
    EXPECT_THAT(commands(release_of("failed", 1, {{node(1, "failed"), node(2, "skipped")}})),
                ElementsAre("retry 7", "rollback 7"));
    EXPECT_THAT(commands(release_of("cancelled", 1, {{node(1, "success"), node(2, "skipped")}})),
                ElementsAre("create --from-release 7", "rollback 7"));
    EXPECT_THAT(commands(release_of("success", 1, {{node(1, "success")}})),
                ElementsAre("rollback 7"));
    EXPECT_THAT(commands(release_of("success", 1, {{node(1, "success"), node(2, "deferred")}})),
                ElementsAre("retry 7", "rollback 7"));
    ReleaseLine rollback = release_of("cancelled", 1, {{node(1, "success"), node(2, "cancelled")}});
    rollback.rolls_back = 3;
    EXPECT_THAT(commands(rollback), ElementsAre("retry 7", "rollback 7"));
    EXPECT_THAT(commands(release_of("cancelled", 0, {})), ElementsAre());
    ReleaseLine job = release_of("success", 1, {{node(1, "success")}});
    job.type = "run_job";
    EXPECT_THAT(commands(job), ElementsAre()) << "there is nothing to go back to";
}

TEST(Explain, says_why_it_stands_and_until_when) {
    ReleaseLine release = unfinished("paused");
    release.hold = "bake";
    release.waiting = {"bakes before batch 2", "2026-11-21T12:00:30Z", {}};
    const std::string text = explain_text(release, noon);
    EXPECT_THAT(text, HasSubstr("release 7 (version 42): batch 1/2 paused, 1 of 2 nodes done (1 "
                                "succeeded)\n"
                                "It waits between batches (bake): bakes before the next batch.\n"
                                "Now: bakes before batch 2, until 2026-11-21T12:00:30Z (in 30 s)"));
    EXPECT_THAT(text,
                ContainsRegex("edgeroll release continue 7 +starts batch 2 without waiting\n"));
}

TEST(Explain, counts_limits_since_the_last_waiver) {
    ReleaseLine release =
        release_of("running", 2,
                   {{node(1, "failed", "old"), node(2, "success")},
                    {node(3, "failed", "nginx: bad"), node(4, "running"), node(5, "deferred")}});
    release.limits.is_known = true;
    release.limits.failure_threshold = 2;
    release.limits.max_batch_fail_rate = 50;
    release.limits.max_unreachable = "5%";
    release.waived_failures = 1;
    release.max_parallel = 20;
    release.batches[1].nodes[0].attempt = 3;
    const std::string text = explain_text(release, noon);
    EXPECT_THAT(text, HasSubstr("Limits:\n"
                                "  1 of 2 tolerated failures used\n"
                                "  50 % of a batch may fail; in batch 2 about 1 of 2 have\n"
                                "  1 earlier failed were waived by an operator\n"
                                "  1 deferred because they were away, 5% may be\n"
                                "  1 running, at most 20 at once\n"));
    EXPECT_THAT(text, HasSubstr("Failed nodes:\n"
                                "  edge-1 (batch 1): failed (exec_failed): old\n"
                                "  edge-3 (batch 2, try 3): failed (exec_failed): nginx: bad\n"));
}

TEST(Explain, takes_the_share_that_may_fail_of_the_nodes_that_the_engine_takes_it_of) {
    const auto share = [](int waived, std::vector<std::vector<NodeLine>> batches) {
        ReleaseLine release = release_of("failed", static_cast<int>(batches.size()), batches);
        release.limits.is_known = true;
        release.limits.max_batch_fail_rate = 20;
        release.waived_failures = waived;
        const std::string text = explain_text(release, noon);
        const std::size_t begin = text.find("may fail; ");
        return text.substr(begin, text.find('\n', begin) - begin).substr(10);
    };
    const std::vector<NodeLine> mixed{node(1, "failed"),   node(2, "success"), node(3, "skipped"),
                                      node(4, "deferred"), node(5, "running"), node(6, "cancelled"),
                                      node(7, "pending"),  node(8, "failed")};
    EXPECT_EQ(
        share(0, {{node(1, "failed"), node(2, "success"), node(3, "skipped"), node(4, "skipped")}}),
        "in batch 1 1 of 2 have");
    EXPECT_EQ(share(0, {mixed}), "in batch 1 2 of 6 have");
    EXPECT_EQ(share(1, {mixed}), "in batch 1 1 of 6 have") << "one of the two was waived";
    EXPECT_EQ(share(2, {mixed}), "in batch 1 0 of 6 have");
    const std::vector<NodeLine> first{node(11, "failed"), node(12, "failed"), node(13, "success")};
    EXPECT_EQ(share(0, {first, mixed}), "in batch 2 2 of 6 have");
    EXPECT_EQ(share(1, {first, mixed}), "in batch 2 about 2 of 6 have");
    EXPECT_EQ(share(3, {first, mixed}), "in batch 2 about 1 of 6 have");
    EXPECT_EQ(share(4, {first, mixed}), "in batch 2 0 of 6 have");
    EXPECT_EQ(share(1, {first, {node(1, "success")}}), "in batch 2 0 of 1 have");
}

TEST(Explain, knows_that_no_batch_config_tolerates_nothing) {
    for (const char* config : {"null", "{}", R"({"retries":1})"}) {
        const auto release = read_release(release::wire::Json::parse(
            std::string(R"({"releaseId":7,"status":"failed","failedNodes":1,"batchConfig":)") +
            config + "}"));
        ASSERT_TRUE(release);
        EXPECT_THAT(explain_text(*release, noon), HasSubstr("1 failed, none is tolerated"))
            << config;
    }
    const auto older =
        read_release(release::wire::Json::parse(R"({"releaseId":7,"status":"failed"})"));
    ASSERT_TRUE(older);
    EXPECT_THAT(explain_text(*older, noon), HasSubstr("control does not tell the limits"));
}

TEST(Explain, offers_the_rollback_that_control_would_make_and_says_why_not) {
    const auto told = [](const std::string& rollback, const std::string& actions) {
        const auto release = read_release(release::wire::Json::parse(
            R"({"releaseId":7,"version":42,"status":"success","totalNodes":9,"successNodes":9,
                "actions":)" +
            actions + R"(,"rollback":)" + rollback + "}"));
        return release ? explain_text(*release, noon) : std::string();
    };
    EXPECT_THAT(told(R"({"totalNodes":7,"leftAlone":2,"obstacle":null})", R"(["rollback"])"),
                HasSubstr("edgeroll release rollback 7  gives 7 nodes what they had before, leaves "
                          "2 alone, and bans its content"));
    const std::string refused =
        told(R"({"totalNodes":0,"leftAlone":0,"obstacle":"a later release"})", "[]");
    EXPECT_THAT(refused, Not(HasSubstr("release rollback 7")));
    EXPECT_THAT(refused, HasSubstr("A rollback would be refused: a later release\n"));
}

TEST(Explain, tells_no_limits_that_it_does_not_know) {
    ReleaseLine release = release_of("failed", 1, {{node(1, "failed", "x")}});
    EXPECT_THAT(explain_text(release, noon), HasSubstr("1 failed (control does not tell"));
    release.limits.is_known = true;
    EXPECT_THAT(explain_text(release, noon), HasSubstr("1 failed, none is tolerated"));
}

TEST(Explain, tells_what_continue_waives) {
    ReleaseLine release =
        release_of("paused", 1, {{node(1, "failed"), node(2, "failed")}, {node(3, "pending")}});
    release.hold = "failure";
    release.waived_failures = 1;
    EXPECT_THAT(explain_text(release, noon),
                ContainsRegex("continue 7 +waives the 1 failed so far and starts batch 2\n"));
}

TEST(Explain, cuts_a_long_list_of_failures_and_says_where_the_rest_is) {
    std::vector<NodeLine> nodes;
    for (int id = 1; id <= 25; ++id)
        nodes.push_back(node(id, "failed", "x"));
    const std::string text = explain_text(release_of("failed", 1, {nodes}), noon);
    EXPECT_THAT(text, HasSubstr("edge-20 (batch 1)"));
    EXPECT_THAT(text, Not(HasSubstr("edge-21 (batch 1)")));
    EXPECT_THAT(text, HasSubstr("  and 5 more: edgeroll release show 7\n"));
}

TEST(Explain, is_not_broken_by_hostile_text) {
    ReleaseLine release = release_of("paused", 1, {{node(1, "failed", "\x1b[2J\n")}});
    release.hold = "ho\x1bld";
    release.last_error = "a\x1b";
    release.waiting.reason = "b\x1b";
    release.batches[0].nodes[0].name = "c\x1b";
    EXPECT_THAT(explain_text(release, noon), Not(HasSubstr("\x1b")));
    for (const Steering action : {Steering::stop, Steering::retry, Steering::rollback}) {
        ReleaseSteer what;
        what.action = action;
        what.nodes = {"x\x1b"};
        const std::string text = question(release, what);
        EXPECT_EQ(text, printable(text));
    }
}

TEST(Explain, has_a_form_for_programs) {
    const auto data = release::wire::Json::parse(
        R"({"releaseId":7,"version":42,"status":"failed","holdReason":null})");
    const auto json = explain_json(release_of("failed", 1, {{node(1, "failed", "x")}}), data);
    EXPECT_EQ(json["status"], "failed");
    EXPECT_EQ(json["waitingFor"], nullptr);
    EXPECT_EQ(json["failedNodes"][0]["errorMsg"], "x");
    EXPECT_EQ(json["nextSteps"][0]["command"], "edgeroll release retry 7");
}

TEST(ReadRelease, knows_limits_as_object_and_as_text) {
    for (const char* config : {R"({"failure_threshold":2,"max_unreachable":3})",
                               R"("{\"failure_threshold\":2,\"max_unreachable\":3}")"}) {
        const auto release = read_release(release::wire::Json::parse(
            std::string(R"({"releaseId":7,"status":"running","batchConfig":)") + config + "}"));
        ASSERT_TRUE(release);
        EXPECT_TRUE(release->limits.is_known);
        EXPECT_EQ(release->limits.failure_threshold, 2);
        EXPECT_EQ(release->limits.max_batch_fail_rate, std::nullopt);
        EXPECT_EQ(release->limits.max_unreachable, "3");
    }
    const auto release = read_release(
        release::wire::Json::parse(R"({"releaseId":7,"status":"running","batchConfig":"{"})"));
    ASSERT_TRUE(release);
    EXPECT_FALSE(release->limits.is_known);
}

}  // namespace
}  // namespace edgeroll::cli
