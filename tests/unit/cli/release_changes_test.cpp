#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/cli/release_changes.hpp"
#include "control/cli/text.hpp"
#include "fakes.hpp"
#include "noon.hpp"

namespace edgeroll::cli {
namespace {

using test::node;
using test::release_of;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Changes, tell_where_it_stands_at_the_first_look) {
    const auto release = release_of(
        "running", 1, {{node(1, "success"), node(2, "failed", "bad")}, {node(3, "pending")}});
    EXPECT_THAT(release_changes({}, release, noon),
                ElementsAre("release 7 version 42: running, 2 of 3 nodes done, batch 1 of 2",
                            "node edge-2 (batch 1): failed (exec_failed): bad"));
}

TEST(Changes, are_none_when_nothing_changed) {
    ReleaseLine release = release_of("running", 1, {{node(1, "running")}});
    release.waiting = {"an agent", "2026-11-21T12:00:10Z", {"edge-1"}};
    ReleaseLine later = release;
    later.waiting.until = "2026-11-21T12:00:11Z";
    EXPECT_THAT(release_changes(release, later, noon), IsEmpty());
}

TEST(Changes, tell_each_step) {
    const auto before = release_of("pending", 0, {{node(1, "pending")}, {node(2, "pending")}});
    auto after = release_of("running", 1, {{node(1, "running")}, {node(2, "pending")}});
    after.waiting = {"the agent", "", {"edge-1"}};
    EXPECT_THAT(release_changes(before, after, noon),
                ElementsAre("release 7: running", "batch 1 of 2 started",
                            "node edge-1 (batch 1): running"));
    auto done = release_of("success", 2, {{node(1, "success")}, {node(2, "success")}});
    done.batches[0].nodes[0].attempt = 2;
    done.batches[0].nodes[0].started_at = "2026-11-21T11:59:50Z";
    done.batches[0].nodes[0].finished_at = "2026-11-21T11:59:52Z";
    EXPECT_THAT(release_changes(after, done, noon),
                ElementsAre("node edge-1 (batch 1): success, attempt 2, after 2.0 s",
                            "batch 2 of 2 started", "node edge-2 (batch 2): success",
                            "release 7 success: 2 of 2 nodes succeeded"));
}

TEST(Changes, put_nodes_that_are_skipped_together_into_one_line) {
    std::vector<NodeLine> waiting, skipped;
    for (int id = 2; id <= 8; ++id) {
        waiting.push_back(node(id, "pending"));
        skipped.push_back(node(id, "skipped", "not\ndispatched"));
    }
    skipped.back().error = "node is disabled";
    const auto before = release_of("running", 1, {{node(1, "running")}, waiting});
    const auto after = release_of("running", 1, {{node(1, "failed", "bad")}, skipped});
    EXPECT_THAT(release_changes(before, after, noon),
                ElementsAre("node edge-1 (batch 1): failed (exec_failed): bad",
                            "node edge-8: skipped: node is disabled",
                            "nodes edge-2, edge-3, edge-4, edge-5, edge-6 and 1 more: skipped: "
                            "not\\ndispatched"));
}

TEST(Changes, say_why_nothing_moves) {
    auto before = release_of("pending", 0, {{node(1, "pending")}});
    auto after = before;
    after.waiting = {"waits for the release of version 41", "", {}};
    EXPECT_THAT(release_changes(before, after, noon),
                ElementsAre("now: waits for the release of version 41"));
    EXPECT_THAT(release_changes(after, after, noon), IsEmpty());
}

TEST(Changes, tell_why_it_stands_between_batches_once) {
    const auto before = release_of("running", 1, {{node(1, "success")}, {node(2, "pending")}});
    auto after = before;
    after.status = "paused";
    after.hold = "bake";
    after.waiting = {"bakes before batch 2", "2026-11-21T12:00:30Z", {}};
    EXPECT_THAT(release_changes(before, after, noon),
                ElementsAre("release 7: paused",
                            "hold: bakes before the next batch, until 2026-11-21T12:00:30Z (in 30 "
                            "s)",
                            "now: bakes before batch 2"));
    EXPECT_THAT(release_changes(after, after, noon), IsEmpty());
    auto gated = after;
    gated.hold = "gate";
    EXPECT_THAT(release_changes(after, gated, noon).front(),
                ::testing::HasSubstr("waits for the gate"));
}

TEST(Changes, are_single_printable_lines) {
    const auto before = release_of("running", 1, {{node(1, "running")}});
    auto after = release_of("paused\n", 1, {{node(1, "failed", "a\nb\x1b[0m")}});
    after.last_error = "c\nd";
    after.waiting.reason = "e\nf";
    for (const std::string& line : release_changes(before, after, noon))
        EXPECT_EQ(line, printable(line));
}

TEST(Changes, tell_what_keeps_a_running_node_and_when_that_is_over) {
    const auto before = release_of("running", 1, {{node(1, "running"), node(2, "running")}});
    auto troubled = before;
    troubled.batches[0].nodes[0].error =
        "unreachable: connection refused (given up at 2026-11-21T12:01:00Z)";
    EXPECT_THAT(
        release_changes(before, troubled, noon),
        ElementsAre("node edge-1 (batch 1): running: unreachable: connection refused (given "
                    "up at 2026-11-21T12:01:00Z)"));
    EXPECT_THAT(release_changes(troubled, troubled, noon), ElementsAre());
    EXPECT_THAT(release_changes(troubled, before, noon),
                ElementsAre("node edge-1 (batch 1): running: answers again"));
    EXPECT_THAT(release_changes({}, troubled, noon),
                ::testing::Contains(::testing::HasSubstr("unreachable")))
        << "whoever begins to watch is told too";
    std::vector<NodeLine> region;
    for (int id = 1; id <= 300; ++id)
        region.push_back(node(id, "running"));
    const auto light = release_of("running", 1, {region});
    for (NodeLine& one : region)
        one.error = "silent: timed out";
    const auto lines = release_changes(light, release_of("running", 1, {region}), noon);
    ASSERT_EQ(lines.size(), 11U);
    EXPECT_EQ(lines.back(), "and 290 more running nodes: edgeroll release show has their errors");
}

}  // namespace
}  // namespace edgeroll::cli
