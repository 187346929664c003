#include "control/cli/audit.hpp"

#include <gtest/gtest.h>

namespace edgeroll::cli {
namespace {

TEST(RenderAudit, shows_a_line_a_row) {
    EXPECT_EQ(render_audit(release::wire::Json::parse(
                  R"({"items":[{"id":12,"at":"2026-01-31T08:00:00.000Z","actor":"token:ann",
                  "remote":"10.0.0.9","action":"node.change","object":"node:7",
                  "detail":{"enabled":{"is":false,"was":true},"node":"e\u001b7"}},
                  {"id":11,"at":null,"actor":"","remote":"10.0.0.8","action":"login.refused",
                  "object":"","detail":{"count":3,"reason":"bad_token"}}],"total":12})")),
              "ID  AT                        ACTOR      FROM      ACTION         OBJECT  DETAIL\n"
              "12  2026-01-31T08:00:00.000Z  token:ann  10.0.0.9  node.change    node:7  "
              "enabled={\"is\":false,\"was\":true} node=e\\x1b7\n"
              "11                                       10.0.0.8  login.refused          count=3 "
              "reason=bad_token\n"
              "2 of 12\n");
    EXPECT_EQ(render_audit(release::wire::Json::parse(R"({"items":[],"total":0})")), "no rows\n");
}

}  // namespace
}  // namespace edgeroll::cli
