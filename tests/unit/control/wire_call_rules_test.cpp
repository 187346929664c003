// Which names and addresses may be called.
#include "release/wire/call_rules.hpp"

#include <gmock/gmock.h>

namespace edgeroll::release::wire {
namespace {

using ::testing::HasSubstr;

CallRules rules(std::string_view text, CallKind kind = CallKind::gate) {
    const auto parsed = parse_call_rules(kind, text);
    EXPECT_TRUE(parsed) << text << (parsed ? "" : ": " + parsed.error().message);
    return parsed.value_or(CallRules{});
}

/// Whether a host may be called whose only address is `address`.
bool allows(const CallRules& by, std::string_view host, std::string_view address, int port = 443) {
    return !refused_host(by, host, port) &&
           !refused_address(by, host, *parse_ip_address(address), port);
}

/// For a host that is an address in any spelling.
std::string refusal(const CallRules& by, const std::string& url) {
    return refused_url(by, url).value_or("");
}

TEST(CallRules, by_default_refuse_what_is_near_however_it_is_written) {
    const CallRules by = rules("");
    for (const char* host : {"127.0.0.1",
                             "127.1",
                             "0x7f.1",
                             "0X7F.0.0.1",
                             "2130706433",
                             "0177.0.0.1",
                             "0x7f000001",
                             "017700000001",
                             "127.0.0.1.",
                             "127.0.0.1:8080",
                             "localhost",
                             "LocalHost",
                             "localhost.",
                             "a.localhost",
                             "[::1]",
                             "[::ffff:127.0.0.1]",
                             "[::FFFF:7F00:1]",
                             "[::127.0.0.1]",
                             "[64:ff9b::127.0.0.1]",
                             "[64:ff9b:1::127.0.0.1]",
                             "[2002:7f00:1::]",
                             "[2001:0:7f00:1::]",
                             "[2001:0:808:808::80ff:fffe]",
                             "[::ffff:0:127.0.0.1]",
                             "[2a00::5efe:127.0.0.1]",
                             "[2a00::200:5efe:127.0.0.1]"}) {
        EXPECT_THAT(refusal(by, "http://" + std::string(host) + "/"), HasSubstr("loopback"))
            << host;
    }
    for (const char* host : {"169.254.169.254", "2852039166", "0xa9fea9fe", "[fe80::1]",
                             "[febf::1]", "[::ffff:169.254.169.254]", "[64:ff9b::a9fe:a9fe]"}) {
        EXPECT_THAT(refusal(by, "http://" + std::string(host) + "/"), HasSubstr("link-local"))
            << host;
    }
    for (const char* host : {"0.0.0.0", "0", "0.1", "[::]", "[::ffff:0.0.0.0]"}) {
        EXPECT_THAT(refusal(by, "http://" + std::string(host) + "/"), HasSubstr("unspecified"))
            << host;
    }
    for (const char* host : {"224.0.0.1", "239.255.255.255", "[ff02::1]"}) {
        EXPECT_THAT(refusal(by, "http://" + std::string(host) + "/"), HasSubstr("multicast"))
            << host;
    }
    for (const char* host : {"100.100.100.200", "168.63.129.16", "[fd00:ec2::254]"}) {
        EXPECT_THAT(refusal(by, "http://" + std::string(host) + "/"), HasSubstr("metadata"))
            << host;
    }
    EXPECT_THAT(refusal(by, "http://255.255.255.255/"), HasSubstr("broadcast"));
    EXPECT_THAT(refusal(by, "http://1.2.3.4.5/"), HasSubstr("neither a name nor an address"));
    EXPECT_THAT(refusal(by, "http://monitor.0x7f/"), HasSubstr("neither a name nor an address"));
}

TEST(CallRules, by_default_let_everything_else_pass) {
    const CallRules by = rules("");
    for (const char* host : {"monitor.example", "10.0.0.1", "192.168.1.1", "126.255.255.255",
                             "128.0.0.1", "[2a00:1450::1]", "[fd00::1]", "[64:ff9b::8.8.8.8]",
                             "[::ffff:8.8.8.8]", "127.example", "xn--bcher-kva.example"}) {
        EXPECT_EQ(refusal(by, "https://" + std::string(host) + "/"), "") << host;
    }
    EXPECT_TRUE(allows(by, "monitor.example", "10.0.0.1"));
    for (const char* near : {"127.0.0.1", "::1", "169.254.169.254", "fe80::1", "::ffff:127.0.0.1",
                             "64:ff9b::127.0.0.1", "2002:7f00:1::1", "0.0.0.0", "ff02::1"}) {
        EXPECT_FALSE(allows(by, "monitor.example", near)) << "a name that leads to " << near;
    }
}

TEST(CallRules, refuse_what_is_no_url) {
    for (const char* url : {"http://ann:pw@monitor.example/", "http://monitor.example@127.0.0.1/",
                            "http://b\303\274cher.example/", "ftp://monitor.example/",
                            "http://monitor.example\\@127.0.0.1/", "http://%31%32%37.0.0.1/",
                            "http://monitor.example:0/", "HTTP://127.0.0.1/"}) {
        EXPECT_NE(refusal(rules(""), url), "") << url;
    }
}

TEST(CallRules, let_callbacks_go_to_loopback_where_their_url_says_so) {
    const CallRules by = rules("", CallKind::callback);
    for (const char* host : {"localhost", "127.0.0.1", "127.9.9.9:99", "[::1]"}) {
        EXPECT_EQ(refusal(by, "http://" + std::string(host) + "/"), "") << host;
    }
    EXPECT_TRUE(allows(by, "localhost", "::1"));
    EXPECT_FALSE(allows(by, "ci.example", "127.0.0.1"));
    EXPECT_FALSE(allows(by, "localhost", "169.254.169.254"));
    EXPECT_NE(refusal(by, "http://169.254.169.254/"), "");
    const CallRules listed = rules("ci.example", CallKind::callback);
    EXPECT_NE(refusal(listed, "http://127.0.0.1/"), "") << "a list takes the default's place";
}

TEST(CallRules, name_hosts_without_regard_to_case_and_the_last_dot) {
    const CallRules by = rules(" Monitor.Example , ci.example.:8443 ");
    EXPECT_TRUE(allows(by, "MONITOR.example.", "10.0.0.1"));
    EXPECT_TRUE(allows(by, "ci.example", "10.0.0.1", 8443));
    EXPECT_FALSE(allows(by, "ci.example", "10.0.0.1", 443)) << "another port";
    EXPECT_FALSE(allows(by, "x.monitor.example", "10.0.0.1"));
    EXPECT_FALSE(allows(by, "monitor.example.evil.example", "10.0.0.1"));
    EXPECT_FALSE(allows(by, "10.0.0.1", "10.0.0.1"));
    EXPECT_EQ(*refused_host(by, "other.example", 80),
              "other.example:80 is not on the list GATE_ALLOW");
    EXPECT_FALSE(allows(by, "monitor.example", "127.0.0.1"))
        << "its name is vouched for, not what DNS says of it";
}

TEST(CallRules, name_what_is_below_a_suffix) {
    const CallRules by = rules("*.cdn.example:443");
    EXPECT_TRUE(allows(by, "a.cdn.example", "10.0.0.1"));
    EXPECT_TRUE(allows(by, "a.b.CDN.example", "10.0.0.1"));
    EXPECT_FALSE(allows(by, "cdn.example", "10.0.0.1"));
    EXPECT_FALSE(allows(by, ".cdn.example", "10.0.0.1"));
    EXPECT_FALSE(allows(by, "acdn.example", "10.0.0.1"));
    EXPECT_FALSE(allows(by, "a.cdn.example", "10.0.0.1", 80));
    EXPECT_FALSE(allows(by, "127.0.0.1.cdn.example", "127.0.0.1"));
}

TEST(CallRules, name_networks_by_what_is_dialled) {
    const CallRules by = rules("10.0.0.0/8:9090,fd00::/8,[2a00:1::/32]:443,192.0.2.7");
    EXPECT_TRUE(allows(by, "any.example", "10.1.2.3", 9090));
    EXPECT_FALSE(allows(by, "any.example", "10.1.2.3", 443));
    EXPECT_TRUE(allows(by, "any.example", "::ffff:10.1.2.3", 9090));
    EXPECT_FALSE(allows(by, "any.example", "11.0.0.1", 9090));
    EXPECT_TRUE(allows(by, "any.example", "fd12::1", 1));
    EXPECT_TRUE(allows(by, "any.example", "2a00:1::9", 443));
    EXPECT_FALSE(allows(by, "any.example", "2a00:2::9", 443));
    EXPECT_TRUE(allows(by, "192.0.2.7", "192.0.2.7"));
    EXPECT_EQ(refusal(by, "https://0xc0000207/"), "") << "the same address";
    EXPECT_FALSE(allows(by, "any.example", "64:ff9b::10.0.0.1", 9090)) << "by way of a translator";
}

TEST(CallRules, allow_what_is_near_only_by_an_entry_within_it) {
    for (const char* wide : {"0.0.0.0/0,::/0", "127.0.0.0/7", "*.example"}) {
        // 127.0.0.0/7 has set bits below its prefix.
        if (!parse_call_rules(CallKind::gate, wide)) continue;
        EXPECT_FALSE(allows(rules(wide), "a.example", "127.0.0.1")) << wide;
    }
    EXPECT_FALSE(allows(rules("126.0.0.0/7"), "a.example", "127.0.0.1"));
    EXPECT_TRUE(allows(rules("0.0.0.0/0"), "a.example", "8.8.8.8"));
    EXPECT_TRUE(allows(rules("0.0.0.0/0,127.0.0.0/8"), "a.example", "127.0.0.1"));
    EXPECT_TRUE(allows(rules("127.0.0.0/8"), "127.1", "127.0.0.1"));
    EXPECT_FALSE(allows(rules("127.0.0.0/8"), "a.example", "169.254.169.254"));
    EXPECT_TRUE(allows(rules("169.254.169.254:80"), "a.example", "169.254.169.254", 80));
    EXPECT_FALSE(allows(rules("100.64.0.0/10"), "a.example", "100.100.100.200"));
    EXPECT_TRUE(allows(rules("localhost:9090"), "localhost", "::1", 9090));
    EXPECT_FALSE(allows(rules("localhost:9090"), "localhost", "127.0.0.1", 9091));
    EXPECT_FALSE(allows(rules("localhost"), "127.0.0.1", "127.0.0.1"));
    EXPECT_FALSE(allows(rules("127.0.0.0/8"), "a.example", "2002:7f00:1::1"));
}

TEST(CallRules, know_which_hosts_are_named_exactly) {
    const CallRules by = rules("ci.example:443,*.hooks.example,10.0.0.0/8,192.0.2.7,[fd00::1]:8443",
                               CallKind::callback);
    EXPECT_TRUE(names_exactly(by, "CI.example.", 443));
    EXPECT_FALSE(names_exactly(by, "ci.example", 8443));
    EXPECT_FALSE(names_exactly(by, "a.hooks.example", 443));
    EXPECT_FALSE(names_exactly(by, "10.0.0.1", 443));
    EXPECT_TRUE(names_exactly(by, "192.0.2.7", 1));
    EXPECT_TRUE(names_exactly(by, "fd00:0::1", 8443));
    EXPECT_TRUE(names_a_host(by));
    EXPECT_FALSE(names_a_host(rules("*.hooks.example,10.0.0.0/8,192.0.2.7/32")));
    EXPECT_FALSE(names_a_host(rules("")));
}

TEST(CallRules, say_what_is_wrong_with_a_list) {
    const auto error = [](std::string_view text) {
        const auto parsed = parse_call_rules(CallKind::gate, text);
        return parsed ? std::string("accepted") : parsed.error().message;
    };
    EXPECT_EQ(error("0x7f.1"), "has '0x7f.1': write the address as 127.0.0.1");
    EXPECT_EQ(error("a.example:0"), "has 'a.example:0': the port must be 1 to 65535");
    EXPECT_EQ(error("a.example:https"), "has 'a.example:https': the port must be 1 to 65535");
    EXPECT_THAT(error("10.0.0.1/8"), HasSubstr("no bits below the prefix"));
    EXPECT_THAT(error("https://a.example/x"), HasSubstr("without a scheme"));
    EXPECT_THAT(error("::ffff:10.0.0.0/104"), HasSubstr("no host and no network"));
    for (const char* wrong :
         {"a.example,,b", ",", "*", "*.", "a*.example", "*.*.example", "1.2.3.4.5", "ann@a.example",
          "b\303\274cher.example", "[::1", "[::1]443", "::1]", "a b", "10.0.0.0/33", "fd00::/129",
          "a..example", "*.1.2"}) {
        EXPECT_NE(error(wrong), "accepted") << wrong;
    }
}

}  // namespace
}  // namespace edgeroll::release::wire
