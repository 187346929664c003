#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tls/peer.hpp"

namespace edgeroll::tls {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

IdentityPattern pattern(const std::string& text) {
    auto parsed = parse_identity_patterns(text);
    EXPECT_TRUE(parsed) << text;
    return parsed ? parsed->front() : IdentityPattern{};
}

Peer peer_with(const std::string& uri) {
    Peer peer;
    peer.fingerprint = std::string(64, 'a');
    peer.uris.push_back(uri);
    peer.uri_count = 1;
    return peer;
}

TEST(IdentityPattern, matches_the_whole_text_only) {
    const auto exact = pattern("uri:spiffe://d/edgeroll/control");
    EXPECT_TRUE(matches(exact, "spiffe://d/edgeroll/control"));
    EXPECT_FALSE(matches(exact, "spiffe://d/edgeroll/control2"));
    EXPECT_FALSE(matches(exact, "xspiffe://d/edgeroll/control"));
    EXPECT_FALSE(matches(exact, "spiffe://d/edgeroll/contro"));
    EXPECT_FALSE(matches(exact, "SPIFFE://d/edgeroll/control"));
    EXPECT_FALSE(matches(exact, ""));
}

TEST(IdentityPattern, never_lets_a_star_match_a_slash) {
    const auto any_domain = pattern("uri:spiffe://*/edgeroll/control");
    EXPECT_TRUE(matches(any_domain, "spiffe://prod.example/edgeroll/control"));
    EXPECT_TRUE(matches(any_domain, "spiffe:///edgeroll/control"));
    EXPECT_FALSE(matches(any_domain, "spiffe://evil/x/edgeroll/control"));
    EXPECT_FALSE(matches(any_domain, "spiffe://d/edgeroll/agent/edgeroll/control"));
    EXPECT_FALSE(matches(any_domain, "spiffe://d/edgeroll/agent/n"));
}

TEST(IdentityPattern, takes_stars_anywhere) {
    EXPECT_TRUE(matches(pattern("cn:*"), "control"));
    EXPECT_FALSE(matches(pattern("cn:*"), "a/b"));
    EXPECT_TRUE(matches(pattern("cn:a*b*c"), "a-b-b-c"));
    EXPECT_TRUE(matches(pattern("cn:a*"), "a"));
    EXPECT_FALSE(matches(pattern("cn:a*b"), "a-c"));
    EXPECT_TRUE(matches(pattern("uri:x/*a/*b"), "x/aaa/ab"));
    EXPECT_FALSE(matches(pattern("uri:x/*a/*b"), "x/a/a/ab"));
    // A pattern designed to be slow is fast.
    EXPECT_FALSE(matches(pattern("cn:" + std::string(60, '*') + "b"), std::string(20'000, 'a')));
}

TEST(IdentityPattern, treats_dns_names_as_dns_does) {
    const auto dns = pattern("dns:*.control.example");
    EXPECT_TRUE(matches(dns, "A.Control.EXAMPLE"));
    EXPECT_FALSE(matches(dns, "a.b.control.example"));
    EXPECT_FALSE(matches(dns, "control.example"));
}

TEST(IdentityPattern, refuses_lists_with_unknown_or_empty_entries) {
    EXPECT_EQ(parse_identity_patterns("uri:a, dns:b ,cn:c")->size(), 3U);
    EXPECT_EQ(parse_identity_patterns("uri:a, dns:b ,cn:c")->at(1).text, "b");
    for (const std::string text : {"", "a", "uri:", "uri:a,", "ip:1.2.3.4", "URI:a", ",uri:a"}) {
        EXPECT_FALSE(parse_identity_patterns(text)) << text;
    }
}

TEST(JudgeClient, welcomes_only_those_whose_role_fits) {
    const auto allowed = *parse_identity_patterns("uri:spiffe://*/edgeroll/control");
    EXPECT_THAT(judge_client(allowed, peer_with("spiffe://d/edgeroll/control")), IsEmpty());
    EXPECT_THAT(judge_client(allowed, peer_with("spiffe://d/edgeroll/agent/edge-1")),
                HasSubstr("edge-1"));
    EXPECT_THAT(judge_client(allowed, Peer{}), HasSubstr("no client certificate"));
}

TEST(JudgeClient, does_not_take_a_name_of_one_kind_for_another) {
    Peer peer = peer_with("urn:x");
    peer.common_name = "spiffe://d/edgeroll/control";
    peer.dns.push_back("control");
    EXPECT_FALSE(
        judge_client(*parse_identity_patterns("uri:spiffe://*/edgeroll/control"), peer).empty());
    EXPECT_FALSE(judge_client(*parse_identity_patterns("cn:control"), peer).empty());
    EXPECT_TRUE(judge_client(*parse_identity_patterns("cn:nobody,dns:control"), peer).empty());
}

TEST(JudgeClient, refuses_a_certificate_with_two_roles) {
    Peer peer = peer_with("spiffe://d/edgeroll/agent/edge-1");
    peer.uris.push_back("spiffe://d/edgeroll/control");
    EXPECT_THAT(judge_client(*parse_identity_patterns("uri:spiffe://*/edgeroll/control"), peer),
                HasSubstr("more than one"));
}

TEST(JudgeClient, refuses_what_stands_for_no_program_whatever_the_patterns_say) {
    const auto anybody = *parse_identity_patterns("uri:spiffe://*/*/*/*,uri:*:*,cn:*,dns:*");
    Peer peer = peer_with("spiffe://d/edgeroll/control");
    peer.common_name = "control";
    peer.dns.push_back("control");
    EXPECT_THAT(judge_client(anybody, peer), IsEmpty());
    peer.is_authority = true;
    EXPECT_THAT(judge_client(anybody, peer), HasSubstr("CA:TRUE"));
    peer.is_authority = false;
    peer.uri_count = 2;  // a name with a NUL, which is not shown
    EXPECT_THAT(judge_client(anybody, peer), HasSubstr("more than one URI name"));
    peer.uri_count = 1;
    for (const char* odd : {"spiffe:///edgeroll/control", "spiffe://D/edgeroll/control",
                            "spiffe://d:1/edgeroll/control", "SPIFFE://d/edgeroll/control",
                            "spiffe://u@d/edgeroll/control", "spiffe://d/edgeroll//control"}) {
        peer.uris[0] = odd;
        EXPECT_THAT(judge_client(anybody, peer), HasSubstr("malformed name")) << odd;
    }
    for (const char* agent :
         {"spiffe://d/edgeroll/agent/edge-1", "https://d/edgeroll/agent/edge-1"}) {
        peer.uris[0] = agent;
        EXPECT_THAT(judge_client(anybody, peer), HasSubstr("agents never command")) << agent;
    }
}

TEST(JudgeAgent, wants_a_spiffe_name_to_be_the_nodes_own) {
    const std::vector<std::string> domains{"d", "e"};
    const auto judged = [&](const std::string& uri, std::string_view pin = "") {
        Peer peer = peer_with(uri);
        peer.ips.push_back("10.0.0.7");
        return judge_agent(peer, {"10.0.0.7", "edge-7", pin, domains});
    };
    EXPECT_THAT(judged("spiffe://d/edgeroll/agent/edge-7"), IsEmpty());
    EXPECT_THAT(judged("spiffe://e/edgeroll/agent/edge-7"), IsEmpty());
    EXPECT_THAT(judged("https://d/edgeroll/agent/edge-9"), IsEmpty()) << "another kind of name";
    EXPECT_THAT(judged("spiffe://d/edgeroll/agent/edge-8"),
                testing::AllOf(HasSubstr("'edge-8'"), HasSubstr("'edge-7'"), HasSubstr("rename"),
                               HasSubstr("reissue"), HasSubstr("pin")));
    EXPECT_THAT(judged("spiffe://d/edgeroll/control"), HasSubstr("not an agent's"));
    EXPECT_THAT(judged("spiffe://d/edgeroll/agent"), HasSubstr("not an agent's"));
    EXPECT_THAT(judged("spiffe://f/edgeroll/agent/edge-7"), HasSubstr("TRUST_DOMAIN"));
    EXPECT_THAT(judged("spiffe://d:1/edgeroll/agent/edge-7"), HasSubstr("malformed"));
    // A correct pin replaces the name, not the role.
    const std::string pin(64, 'a');
    EXPECT_THAT(judged("spiffe://d/edgeroll/agent/edge-8", pin), IsEmpty());
    EXPECT_THAT(judged("spiffe://d/edgeroll/control", pin), HasSubstr("not an agent's"));
    EXPECT_THAT(judged("spiffe://f/edgeroll/agent/edge-7", pin), HasSubstr("TRUST_DOMAIN"));
    EXPECT_THAT(judged("spiffe://d/edgeroll/agent/edge-8", std::string(64, 'b')),
                HasSubstr("fingerprint"));
}

TEST(JudgeAgent, refuses_authorities_and_two_names) {
    Peer peer = peer_with("spiffe://d/edgeroll/agent/edge-7");
    peer.ips.push_back("10.0.0.7");
    const std::string pin(64, 'a');
    peer.is_authority = true;
    EXPECT_THAT(judge_agent(peer, {"10.0.0.7", "edge-7", pin, {}}), HasSubstr("CA:TRUE"));
    peer.is_authority = false;
    peer.uri_count = 2;
    EXPECT_THAT(judge_agent(peer, {"10.0.0.7", "edge-7", pin, {}}), HasSubstr("more than one"));
}

TEST(JudgeAgent, knows_the_node_by_address_or_name) {
    Peer peer;
    peer.fingerprint = std::string(64, 'a');
    peer.ips.push_back("10.0.0.7");
    peer.dns.push_back("edge-7");
    peer.common_name = "edge-8";
    EXPECT_THAT(judge_agent(peer, {"10.0.0.7", "other", "", {}}), IsEmpty());
    EXPECT_THAT(judge_agent(peer, {"10.0.0.9", "EDGE-7", "", {}}), IsEmpty());
    EXPECT_THAT(judge_agent(peer, {"10.0.0.9", "edge-9", "", {}}), HasSubstr("edge-7"));
    // Neither the common name nor a wildcard nor an empty name identifies a node.
    EXPECT_FALSE(judge_agent(peer, {"10.0.0.8", "edge-8", "", {}}).empty());
    peer.dns[0] = "*";
    EXPECT_FALSE(judge_agent(peer, {"10.0.0.8", "edge-8", "", {}}).empty());
    peer.dns[0] = "";
    EXPECT_FALSE(judge_agent(peer, {"", "", "", {}}).empty());
}

TEST(JudgeAgent, compares_addresses_not_their_spelling) {
    Peer peer;
    peer.fingerprint = std::string(64, 'a');
    peer.ips.push_back("::1");
    EXPECT_THAT(judge_agent(peer, {"0:0:0:0:0:0:0:1", "", "", {}}), IsEmpty());
}

TEST(JudgeAgent, lets_a_pin_stand_in_for_the_name) {
    Peer peer;
    peer.fingerprint = std::string(62, 'a') + "0f";
    EXPECT_THAT(judge_agent(peer, {"10.0.0.7", "edge-7", peer.fingerprint, {}}), IsEmpty());
    std::string spelled = "AA";
    for (int i = 0; i < 30; ++i)
        spelled += ":AA";
    EXPECT_THAT(judge_agent(peer, {"10.0.0.7", "edge-7", spelled + ":0F", {}}), IsEmpty());
    peer.ips.push_back("10.0.0.7");
    EXPECT_THAT(judge_agent(peer, {"10.0.0.7", "edge-7", std::string(64, 'b'), {}}),
                HasSubstr("fingerprint"));
}

}  // namespace
}  // namespace edgeroll::tls
