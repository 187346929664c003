#include "release/fleet/members.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace edgeroll::release {
namespace {

const std::vector<std::string> three{"host-a:12:1", "host-a:13:1", "host-b:12:1"};

TEST(Members, share_the_nodes_about_evenly) {
    std::map<std::string, int> shares;
    for (std::int64_t node = 1; node <= 9'000; ++node)
        ++shares[member_of(NodeId{node}, three)];
    for (const auto& [name, count] : shares) {
        EXPECT_GT(count, 2'700) << name;
        EXPECT_LT(count, 3'300) << name;
    }
}

TEST(Members, agree_whatever_the_order_of_the_names) {
    std::vector<std::string> turned = three;
    std::reverse(turned.begin(), turned.end());
    for (std::int64_t node = 1; node <= 1'000; ++node)
        EXPECT_EQ(member_of(NodeId{node}, three), member_of(NodeId{node}, turned));
}

TEST(Members, that_go_leave_the_other_shares_as_they_are) {
    const std::vector<std::string> two{three[0], three[2]};
    for (std::int64_t node = 1; node <= 1'000; ++node) {
        const std::string& before = member_of(NodeId{node}, three);
        if (before == three[1]) continue;
        EXPECT_EQ(member_of(NodeId{node}, two), before);
    }
}

}  // namespace
}  // namespace edgeroll::release
