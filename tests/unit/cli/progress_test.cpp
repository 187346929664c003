#include "control/cli/progress.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "control/cli/text.hpp"
#include "fakes.hpp"
#include "noon.hpp"

namespace edgeroll::cli {
namespace {

using test::node;
using test::release_of;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::StartsWith;

Tally tally_of(int pending, int running, int success, int failed) {
    Tally tally;
    tally.pending = pending;
    tally.running = running;
    tally.success = success;
    tally.failed = failed;
    tally.total = pending + running + success + failed;
    return tally;
}

TEST(RenderBar, shares_columns_by_count) {
    EXPECT_EQ(render_bar(tally_of(5, 0, 5, 0), 12), "[#####.....]");
    EXPECT_EQ(render_bar(tally_of(0, 0, 3, 0), 12), "[##########]");
    EXPECT_EQ(render_bar(tally_of(4, 2, 2, 2), 12), "[##!!>>....]");
    EXPECT_EQ(render_bar(Tally{}, 12), "[          ]");
}

TEST(RenderBar, shows_a_single_failure_among_thousands) {
    EXPECT_EQ(render_bar(tally_of(0, 1, 9998, 1), 12), "[########!>]");
}

TEST(RenderBar, has_its_width_whatever_the_counts) {
    for (int success = 0; success < 30; ++success) {
        for (int pending = 0; pending < 30; ++pending) {
            const auto bar = render_bar(tally_of(pending, success % 3, success, pending % 2), 23);
            EXPECT_EQ(bar.size(), 23U) << success << " " << pending;
        }
    }
}

TEST(RenderProgress, shows_batches_and_failures) {
    ReleaseLine release = release_of("running", 2,
                                     {{node(1, "success")},
                                      {node(2, "failed", "nginx: bad"), node(3, "running")},
                                      {node(4, "pending")}});
    release.started_at = "2026-11-21T11:59:00Z";
    const auto lines = render_progress(release, noon, {90, 24}, "");
    ASSERT_EQ(lines.size(), 5U);
    EXPECT_EQ(lines[0], "release 7  version 42  running  batch 2 of 3  1 min");
    EXPECT_THAT(lines[1], StartsWith("batch 1  [####"));
    EXPECT_THAT(lines[1], HasSubstr("1/1  100 %"));
    EXPECT_THAT(lines[2], HasSubstr("1/2   50 %  1 running, 1 failed"));
    EXPECT_THAT(lines[3], HasSubstr("0/1    0 %"));
    EXPECT_EQ(lines[4], "  edge-2 failed (exec_failed): nginx: bad");
    // All bars have the same width.
    EXPECT_EQ(lines[1].find(']'), lines[2].find(']'));
    EXPECT_EQ(lines[1].find(']'), lines[3].find(']'));
}

TEST(RenderProgress, shows_why_it_waits_and_the_notice) {
    ReleaseLine release = release_of("pending", 0, {{node(1, "pending")}});
    release.waiting.reason = "waits for the release of version 41";
    release.last_error = "rows are missing";
    const auto lines = render_progress(release, noon, {80, 24}, "control is away\n");
    EXPECT_THAT(lines, ::testing::Contains("now: waits for the release of version 41"));
    EXPECT_THAT(lines, ::testing::Contains("last error: rows are missing"));
    EXPECT_EQ(lines.back(), "control is away\\n");
}

TEST(RenderProgress, shows_a_hold_and_what_ends_it) {
    ReleaseLine release = release_of("paused", 1, {{node(1, "success")}, {node(2, "pending")}});
    release.hold = "review";
    release.waiting.reason = "is paused";
    auto lines = render_progress(release, noon, {110, 24}, "");
    EXPECT_THAT(lines, ::testing::Contains("hold: waits for an operator's go"));
    EXPECT_THAT(lines,
                ::testing::Contains("next: edgeroll release continue 7 (starts batch 2), or stop"));
    release.hold = "bake";
    release.waiting.until = "2026-11-21T12:00:30Z";
    lines = render_progress(release, noon, {110, 24}, "");
    EXPECT_THAT(lines, ::testing::Contains("hold: bakes before the next batch, until "
                                           "2026-11-21T12:00:30Z (in 30 s)"));
    EXPECT_THAT(lines, Each(::testing::Not(StartsWith("next: ")))) << "it goes on by itself";
}

TEST(RenderProgress, fits_into_any_window) {
    std::vector<std::vector<NodeLine>> batches;
    for (int batch = 0; batch < 40; ++batch) {
        std::vector<NodeLine> nodes;
        for (int at = 0; at < 5; ++at) {
            nodes.push_back(
                node(batch * 5 + at + 1, at == 0 ? "failed" : "success",
                     "a very long error that goes on and on 配置 and on and on and on"));
        }
        batches.push_back(nodes);
    }
    ReleaseLine release = release_of("running", 20, batches);
    release.last_error = std::string(300, 'x');
    for (const std::size_t columns : {20U, 40U, 80U, 200U}) {
        for (const std::size_t rows : {5U, 8U, 24U, 60U, 400U}) {
            const auto lines = render_progress(release, noon, {columns, rows}, "notice");
            EXPECT_LT(lines.size(), rows);
            for (const std::string& line : lines)
                EXPECT_LE(display_width(line), columns) << line;
        }
    }
    const auto lines = render_progress(release, noon, {80, 24}, "");
    EXPECT_TRUE(std::any_of(lines.begin(), lines.end(), [](const std::string& line) {
        return line.starts_with("batch 20 ");
    })) << "the running batch is shown";
    EXPECT_TRUE(std::any_of(lines.begin(), lines.end(), [](const std::string& line) {
        return line.starts_with("  and ") && line.ends_with(" more");
    }));
}

TEST(RenderProgress, is_not_broken_by_hostile_text) {
    ReleaseLine release = release_of("running", 1, {{node(1, "failed", "\x1b[2J\n")}});
    release.status = "run\x1b[1mning";
    release.batches[0].nodes[0].name = "a\rb";
    release.waiting.reason = "x\x9by";
    const auto lines = render_progress(release, noon, {80, 24}, "");
    for (const std::string& line : lines)
        EXPECT_EQ(line, printable(line));
}

}  // namespace
}  // namespace edgeroll::cli
