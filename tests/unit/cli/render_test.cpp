#include "control/cli/render.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes.hpp"
#include "noon.hpp"

namespace edgeroll::cli {
namespace {

using test::node;
using test::release_of;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(RenderReleases, shows_a_line_each) {
    ReleaseLine first = release_of("running", 2, {});
    first.total_batches = 3;
    first.total_nodes = 40;
    first.success = 11;
    first.failed = 1;
    first.created_at = "2026-11-21T11:59:48Z";
    first.created_by = "pipeline";
    ReleaseLine second = first;
    second.id = 12;
    second.status = "pending";
    second.reason = "second\nline";
    EXPECT_EQ(render_releases({first, second}, 55, noon),
              "ID  VERSION  STATUS   BATCH   DONE  FAILED   CREATED  BY        REASON\n"
              " 7       42  running    2/3  12/40       1  12 s ago  pipeline\n"
              "12       42  pending    2/3  12/40       1  12 s ago  pipeline  second\\nline\n"
              "2 of 55\n");
}

TEST(RenderReleases, says_when_there_are_none) {
    EXPECT_EQ(render_releases({}, 0, noon), "no releases\n");
    EXPECT_EQ(render_releases({}, 3, noon), "no releases on this page (3 in all)\n");
}

TEST(RenderRelease, shows_head_and_nodes) {
    ReleaseLine release =
        release_of("running", 2,
                   {{node(1, "success")}, {node(2, "failed", "nginx: bad"), node(3, "running")}});
    release.batch_status = "running";
    release.created_at = "2026-11-21T11:58:00.000Z";
    release.created_by = "pipeline";
    release.started_at = "2026-11-21T11:59:00.000Z";
    release.batches[0].nodes[0].started_at = "2026-11-21T11:59:00.000Z";
    release.batches[0].nodes[0].finished_at = "2026-11-21T11:59:02.500Z";
    release.batches[0].nodes[0].attempt = 1;
    EXPECT_EQ(render_release(release, noon),
              "release  7\n"
              "version  42\n"
              "type     apply_config to cdn\n"
              "status   running, batch 2 of 2 (batches running)\n"
              "nodes    1 of 3 succeeded, 1 running, 1 failed\n"
              "created  2 min ago (2026-11-21T11:58:00.000Z) by pipeline\n"
              "started  1 min ago (2026-11-21T11:59:00.000Z)\n"
              "took     1 min\n"
              "\n"
              "BATCH  ID  NODE    STATUS   TRY   TOOK  FAILURE      ERROR\n"
              "    1   1  edge-1  success    1  2.5 s\n"
              "    2   2  edge-2  failed               exec_failed  nginx: bad\n"
              "    2   3  edge-3  running\n");
}

TEST(RenderRelease, is_not_broken_by_hostile_text) {
    ReleaseLine release = release_of("failed", 1, {{node(1, "failed", "\x1b]0;x\x07\n\xff")}});
    release.last_error = "a\nb";
    release.batches[0].nodes[0].name = "\x1b[31mred";
    const std::string text = render_release(release, noon);
    EXPECT_THAT(text, HasSubstr("\\x1b]0;x\\x07\\n\\xff"));
    EXPECT_THAT(text, Not(HasSubstr("\x1b")));
    EXPECT_THAT(text, HasSubstr("last error  a\\nb\n"));
}

TEST(RenderFleet, shows_address_and_labels) {
    FleetLine first;
    first.id = 1;
    first.name = "edge-1";
    first.ip = "10.0.0.7";
    first.port = 8443;
    first.status = "online";
    first.applied_version = "42";
    first.last_seen_at = "2026-11-21T11:59:55Z";
    first.labels = {{"region", "eu"}, {"app", "cache"}};
    FleetLine second;
    second.id = 20;
    second.name = "edge-20";
    second.ip = "fd00::7";
    second.port = 9443;
    second.status = "maintenance";
    second.is_enabled = false;
    EXPECT_EQ(render_fleet({first, second}, noon),
              "ID  NAME     ADDRESS         STATUS                  VERSION  LAST REACHED  "
              "LABELS\n"
              " 1  edge-1   10.0.0.7:8443   online                       42       5 s ago  "
              "app=cache,region=eu\n"
              "20  edge-20  [fd00::7]:9443  maintenance (disabled)                  never\n");
    first.looks = "check, verify_url";
    second.looks = "nobody";
    EXPECT_THAT(render_fleet({first, second}, noon), HasSubstr("LOOKS"));
    EXPECT_EQ(render_fleet({}, noon), "no nodes\n");
}

TEST(RenderRelease, keeps_both_ends_of_a_long_error) {
    const std::string error =
        "unbound-checkconf: the cause" + std::string(300, '.') + "nginx: the end";
    const std::string text =
        render_release(release_of("failed", 1, {{node(1, "failed", error)}}), noon);
    EXPECT_THAT(text, HasSubstr("unbound-checkconf: the cause."));
    EXPECT_THAT(text, HasSubstr(" ... "));
    EXPECT_THAT(text, HasSubstr(".nginx: the end\n"));
}

TEST(WaitingText, names_reason_nodes_and_time) {
    EXPECT_EQ(waiting_text({}, noon), "");
    EXPECT_EQ(waiting_text({"an earlier release", "", {"release 6"}}, noon),
              "an earlier release (release 6)");
    EXPECT_EQ(waiting_text({"agents", "2026-11-21T12:00:30Z", {"a", "b", "c", "d", "e"}}, noon),
              "agents (a, b, c and 2 more), until 2026-11-21T12:00:30Z (in 30 s)");
}

TEST(Conclusion, counts_and_gives_the_reason) {
    ReleaseLine release = release_of("failed", 1, {{node(1, "failed")}, {node(2, "skipped")}});
    release.last_error = "1 failed, 0 tolerated";
    EXPECT_EQ(conclusion(release),
              "release 7 failed: 0 of 2 nodes succeeded, 1 failed, 1 skipped; "
              "1 failed, 0 tolerated");
}

TEST(ReadRelease, tolerates_what_is_missing_or_strange) {
    const auto data = release::wire::Json::parse(
        R"({"releaseId":7,"status":"running","currentBatch":-4,"totalNodes":"many",
            "waitingFor":null,"batches":[{"batch":1,"nodes":[{"nodeId":3,"status":null},5]},"x"]})");
    const auto release = read_release(data);
    ASSERT_TRUE(release);
    EXPECT_EQ(release->current_batch, 0);
    EXPECT_EQ(release->batches.size(), 2U);
    EXPECT_EQ(release->batches[0].nodes[0].name, "#3");
    EXPECT_EQ(tally(*release).pending, 2);
    EXPECT_FALSE(read_release(release::wire::Json::parse(R"({"items":[]})")));
    EXPECT_FALSE(read_releases(release::wire::Json::parse("7")));
    EXPECT_FALSE(read_fleet(release::wire::Json::parse("{}")));
}

}  // namespace
}  // namespace edgeroll::cli
