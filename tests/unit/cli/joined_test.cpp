// Nodes that reconciliation added to a release (batch 0, docs/contract.md 6.9): wherever batches
// are shown they are "joined", and no count of the release's own nodes has them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/cli/advice.hpp"
#include "control/cli/evidence.hpp"
#include "control/cli/explain.hpp"
#include "control/cli/progress.hpp"
#include "control/cli/release_changes.hpp"
#include "control/cli/render.hpp"
#include "control/cli/run.hpp"
#include "control/cli/steps.hpp"
#include "control/cli/wait.hpp"
#include "fakes.hpp"
#include "noon.hpp"

namespace edgeroll::cli {
namespace {

using release::wire::Json;
using test::node;
using test::release_of;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

/// Two batches that succeeded, and these nodes that joined.
ReleaseLine joined_by(const std::string& status, const std::vector<NodeLine>& nodes) {
    ReleaseLine release = release_of(status, 1, {{node(1, "success")}, {node(2, "success")}});
    release.batches.insert(release.batches.begin(), BatchLine{0, nodes});
    release.started_batch = 0;
    return test::judged(release);
}

TEST(Joined, are_told_apart_in_a_release) {
    const std::string text =
        render_release(joined_by("running", {node(8, "success"), node(9, "running")}), noon);
    EXPECT_THAT(text, HasSubstr("status   running, joined nodes\n"
                                "nodes    2 of 2 succeeded\n"
                                "joined   2 nodes (1 succeeded, 1 running)\n"));
    EXPECT_THAT(text, HasSubstr(" BATCH  ID  NODE    STATUS\n"
                                "joined   8  edge-8  success\n"
                                "joined   9  edge-9  running\n"
                                "     1   1  edge-1  success\n"));
    EXPECT_THAT(
        render_release(joined_by("success", {node(9, "success")}), noon),
        AllOf(HasSubstr("status   success\n"), HasSubstr("joined   1 node (1 succeeded)\n")));
}

TEST(Joined, are_no_batch_of_a_list) {
    ReleaseLine release = joined_by("running", {});
    release.batches.clear();
    EXPECT_THAT(render_releases({release}, 1, noon), HasSubstr(" BATCH "));
    EXPECT_THAT(render_releases({release}, 1, noon), HasSubstr("running  joined "));
    release.status = "success";
    EXPECT_THAT(render_releases({release}, 1, noon), HasSubstr("success    2/2 "));
}

TEST(Joined, are_read_as_control_tells_of_them) {
    const auto release = read_release(Json::parse(
        R"({"releaseId":7,"status":"running","currentBatch":1,"startedBatch":0,"totalBatches":1,
            "batches":[{"batch":0,"nodes":[{"nodeId":9,"status":"running"}]},
                       {"batch":1,"nodes":[{"nodeId":1,"status":"success"}]}]})"));
    ASSERT_TRUE(release);
    EXPECT_TRUE(is_at_joined(*release));
    EXPECT_EQ(position_text(*release), "joined nodes");
    EXPECT_EQ(tally(*release).total, 1);
    EXPECT_EQ(tally_joined(*release).running, 1);
    EXPECT_EQ(tally_all(*release).total, 2);
    EXPECT_EQ(started_number(*release), 0);
}

TEST(Joined, are_passed_over_when_an_ordinal_is_looked_up) {
    ReleaseLine release = joined_by("running", {node(9, "pending")});
    release.started_batch.reset();
    EXPECT_FALSE(is_at_joined(release));
    EXPECT_EQ(started_number(release), 1);
    release.current_batch = 2;
    EXPECT_EQ(started_number(release), 2);
    EXPECT_THAT(evidence_text(release, Json::array({{{"batch", 1},
                                                     {"at", "2026-11-21T11:00:00Z"},
                                                     {"gate", "limits"},
                                                     {"summary", "fine"}}})),
                HasSubstr("Batch 2 opened"));
    EXPECT_THAT(reach_of("batch:3", release).error().message, HasSubstr("it has 2"));
}

TEST(Joined, have_a_bar_of_their_own) {
    const auto lines = render_progress(
        joined_by("running", {node(8, "success"), node(9, "running")}), noon, {80, 24}, "");
    ASSERT_GE(lines.size(), 4U);
    EXPECT_EQ(lines[0], "release 7  version 42  running  joined nodes");
    EXPECT_EQ(lines[1].substr(0, lines[1].find('#')), "joined   [");
    EXPECT_EQ(lines[2].substr(0, lines[2].find('#')), "batch 1  [");
    EXPECT_THAT(lines[1], HasSubstr("1/2   50 %  1 running"));
}

TEST(Joined, are_watched_by_that_name) {
    const auto before = joined_by("running", {node(9, "running")});
    EXPECT_THAT(release_changes({}, before, noon),
                Contains("release 7 version 42: running, 2 of 2 nodes done, joined nodes, 1 node "
                         "joined later (0 succeeded, 1 running)"));
    EXPECT_THAT(release_changes(before, joined_by("success", {node(9, "failed", "bad")}), noon),
                ElementsAre("node edge-9 (joined): failed (exec_failed): bad",
                            "release 7 success: 2 of 2 nodes succeeded, 1 node joined later (0 "
                            "succeeded, 1 failed)"));
}

TEST(Joined, do_not_shift_the_numbers_of_batches_that_start) {
    ReleaseLine before = joined_by("running", {node(9, "success")});
    before.batches[2].nodes[0].status = "pending";
    before.started_batch = 1;
    ReleaseLine after = before;
    after.started_batch = after.current_batch = 2;
    EXPECT_THAT(release_changes(before, after, noon), Contains("batch 2 of 2 started"));
}

TEST(Joined, count_where_all_rows_are_concerned) {
    const auto release = joined_by("running", {node(8, "running"), node(9, "pending")});
    EXPECT_EQ(standing(release), "release 7 (version 42): joined nodes running, 2 of 2 nodes done");
    ReleaseSteer stop;
    stop.action = Steering::stop;
    stop.id = 7;
    EXPECT_THAT(question(release, stop),
                HasSubstr("1 node will be skipped, 1 running will be cancelled"));
    std::vector<std::string> effects;
    for (const Advice& step : next_steps(release))
        effects.push_back(step.effect);
    EXPECT_THAT(effects, Contains("pauses when the joined nodes are done"));
}

TEST(Joined, are_explained) {
    ReleaseLine release = joined_by("running", {node(8, "running"), node(9, "failed", "bad")});
    release.limits.is_known = true;
    release.limits.max_batch_fail_rate = 10;
    const std::string text = explain_text(release, noon);
    EXPECT_THAT(text, HasSubstr("(2 succeeded)\n"
                                "Joined later: 2 nodes (0 succeeded, 1 running, 1 failed).\n"));
    EXPECT_THAT(text, HasSubstr("edge-9 (joined): failed"));
    EXPECT_THAT(text, HasSubstr("10 % of a batch may fail\n")) << "not of the joined nodes";
    EXPECT_THAT(text, Not(HasSubstr("batch 0")));
}

TEST(Joined, have_steps) {
    const Json data = Json::parse(
        R"({"batches":[{"batch":0,"nodes":[{"nodeId":9,"nodeName":"edge-9","status":"success"}]}]})");
    EXPECT_EQ(render_steps(data, noon), "edge-9 (joined): success\n  no steps are known\n");
}

TEST(Joined, are_named_when_they_are_given_up) {
    test::World world;
    world.http.answers_data(
        R"({"status":"running","batchStatus":"stopped","requestedAction":"stop",
            "nodes":[{"nodeId":9,"nodeName":"edge-9","batch":0}]})");
    ReleaseSteer stop;
    stop.action = Steering::stop;
    stop.id = 7;
    stop.reason = "x";
    stop.is_forced = stop.is_confirmed = true;
    EXPECT_EQ(run(stop, Format::table, world.ports()), ExitStatus::success);
    EXPECT_THAT(world.screen.written, HasSubstr("given up:\njoined: edge-9\n"));
}

TEST(Joined, drift_like_other_nodes) {
    test::World world;
    world.http.answers_data(
        R"({"total":1,"items":[{"id":9,"name":"edge-9","status":"online","appliedVersion":null,
            "appliedSha256":null,"wantedVersion":42,"wantedSha256":"1f1f1f1f1f1f1f1f",
            "hasDrift":true,"driftKind":"empty","observedContent":"empty"}]})");
    EXPECT_EQ(run(NodeList{true}, Format::table, world.ports()), ExitStatus::success);
    EXPECT_EQ(world.screen.written,
              "ID  NAME    STATUS  DRIFT  HAS      WANTED           LAST REACHED\n"
              " 9  edge-9  online  empty  nothing  42 1f1f1f1f1f1f         never\n");
}

}  // namespace
}  // namespace edgeroll::cli
