#include "control/cli/stats.hpp"

#include <gtest/gtest.h>

namespace edgeroll::cli {
namespace {

TEST(RenderStats, flattens_any_shape) {
    EXPECT_EQ(render_stats(release::wire::Json::parse(
                  R"({"queue":{"running":1,"pending":3},"share":0.42,"kinds":["a","b"],"none":null,
                      "pools":[{"name":"e\u001bu"}],"empty":{},"is_on":true})")),
              "NAME           VALUE\n"
              "empty          -\n"
              "is_on          true\n"
              "kinds          a, b\n"
              "none           -\n"
              "pools.0.name   e\\x1bu\n"
              "queue.pending  3\n"
              "queue.running  1\n"
              "share          0.42\n");
}

}  // namespace
}  // namespace edgeroll::cli
