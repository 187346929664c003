#include "control/cli/steps.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace edgeroll::cli {
namespace {

using release::wire::Json;

const Moment now = *parse_moment("2026-11-21T12:00:00Z");

Json with_node(const std::string& node) {
    return Json::parse(R"({"releaseId":7,"batches":[{"batch":2,"nodes":[)" + node + "]}]}");
}

TEST(RenderSteps, shows_each_step_in_order_with_both_ends_of_its_output) {
    const Json data = with_node(R"({"nodeId":3,"nodeName":"edge-3","status":"failed",
        "failureKind":"exec_failed","steps":[
        {"name":"stage","status":"success","startedAt":"2026-11-21T11:00:00Z",
         "finishedAt":"2026-11-21T11:00:00.400Z","exitCode":null,"output":""},
        {"name":"check","status":"failed","startedAt":"2026-11-21T11:00:01Z",
         "finishedAt":"2026-11-21T11:00:13Z","exitCode":9,"output":"1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n\n"}]})");
    EXPECT_EQ(render_steps(data, now),
              "edge-3 (batch 2): failed (exec_failed)\n"
              "  stage             success, 0.4 s\n"
              "  check             failed, exit 9, 12 s\n"
              "      1\n      2\n"
              "      ... 3 lines between\n"
              "      6\n      7\n      8\n      9\n      10\n");
}

TEST(RenderSteps, makes_output_harmless) {
    const Json data = with_node(R"({"nodeId":3,"nodeName":"edge\u001b[2J","status":"success",
        "steps":[{"name":"job:\u0007","status":"success","output":"\u001b[31mred\rline"}]})");
    const std::string text = render_steps(data, now);
    EXPECT_THAT(text, testing::Not(testing::HasSubstr("\x1b")));
    EXPECT_THAT(text, testing::HasSubstr("\\x1b[31mred\\rline"));
}

TEST(RenderSteps, says_where_nothing_is_known) {
    const Json pending = with_node(R"({"nodeId":3,"nodeName":"","status":"pending","steps":null})");
    EXPECT_EQ(render_steps(pending, now), "#3 (batch 2): pending\n  no steps are known\n");
    EXPECT_EQ(render_steps(Json::object(), now), "no nodes\n");
}

TEST(RenderSteps, takes_whatever_the_list_holds) {
    const Json odd = with_node(R"({"nodeId":3,"status":"failed","steps":[7,{"name":1},"x"]})");
    EXPECT_THAT(render_steps(odd, now), testing::StartsWith("#3 (batch 2): failed\n"));
}

}  // namespace
}  // namespace edgeroll::cli
