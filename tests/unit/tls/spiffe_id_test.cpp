#include "tls/spiffe_id.hpp"

#include <gtest/gtest.h>

namespace edgeroll::tls {
namespace {

TEST(SpiffeId, is_read_from_a_well_formed_name_only) {
    const auto id = parse_spiffe("spiffe://edge.example-1_a/edgeroll/agent/Edge-1");
    ASSERT_TRUE(id);
    EXPECT_EQ(id->trust_domain, "edge.example-1_a");
    EXPECT_EQ(id->path, "/edgeroll/agent/Edge-1");
    for (const char* odd : {"",
                            "spiffe://",
                            "spiffe:///edgeroll/control",
                            "spiffe://d",
                            "spiffe://d/",
                            "spiffe://D/edgeroll/control",
                            "SPIFFE://d/edgeroll/control",
                            "Spiffe://d/x",
                            "spiffe:/d/x",
                            "spiffe:d/x",
                            "spiffe://d:8443/x",
                            "spiffe://u@d/x",
                            "spiffe://d /x",
                            "spiffe://d%2e/x",
                            "spiffe://d//x",
                            "spiffe://d/x/",
                            "spiffe://d/./x",
                            "spiffe://d/../x",
                            "spiffe://d/x/..",
                            "spiffe://d/a%2Fb",
                            "spiffe://d/x?y",
                            "spiffe://d/x#y",
                            "spiffe://d\\x/y",
                            "spiffe://d/x\\y",
                            "https://d/x",
                            " spiffe://d/x"}) {
        EXPECT_FALSE(parse_spiffe(odd)) << odd;
    }
    EXPECT_FALSE(parse_spiffe("spiffe://" + std::string(256, 'a') + "/x"));
    EXPECT_FALSE(parse_spiffe("spiffe://d/" + std::string(2'048, 'a')));
}

TEST(SpiffeId, is_claimed_in_any_spelling) {
    for (const char* claim : {"spiffe://d/x", "SPIFFE://d/x", "Spiffe:x", "spiffe:"}) {
        EXPECT_TRUE(claims_spiffe(claim)) << claim;
    }
    for (const char* other : {"", "spiff", "https://spiffe:1/", "urn:spiffe:x"}) {
        EXPECT_FALSE(claims_spiffe(other)) << other;
    }
}

TEST(TrustDomains, are_a_list_or_nothing) {
    EXPECT_TRUE(parse_trust_domains("")->empty());
    EXPECT_TRUE(parse_trust_domains(" ")->empty());
    EXPECT_EQ(*parse_trust_domains("a.example, b"), (std::vector<std::string>{"a.example", "b"}));
    for (const char* odd : {"A", "a,", ",a", "spiffe://a", "a b", "a:1", "*"}) {
        EXPECT_FALSE(parse_trust_domains(odd)) << odd;
    }
}

}  // namespace
}  // namespace edgeroll::tls
