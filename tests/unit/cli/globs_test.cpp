#include "control/cli/globs.hpp"

#include <gtest/gtest.h>

namespace edgeroll::cli {
namespace {

TEST(Matches, uses_the_name_or_the_whole_path) {
    EXPECT_TRUE(matches("*.conf", "conf.d/site.conf"));
    EXPECT_TRUE(matches("conf.d/*.conf", "conf.d/site.conf"));
    EXPECT_FALSE(matches("conf.d/*.conf", "conf.d/deep/site.conf"));
    EXPECT_FALSE(matches("*.conf", "site.txt"));
}

TEST(Matches, any_of_several) {
    EXPECT_TRUE(matches_any({"*.txt", "*.conf"}, "site.conf"));
    EXPECT_FALSE(matches_any({"*.txt"}, "site.conf"));
    EXPECT_FALSE(matches_any({}, "site.conf"));
}

}  // namespace
}  // namespace edgeroll::cli
