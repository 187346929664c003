#include "tls/url.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace edgeroll::tls {
namespace {

using testing::HasSubstr;
using testing::Pair;
using testing::UnorderedElementsAre;

TEST(Query, decodes_names_and_values) {
    const auto query = parse_query("status=running&q=a+b%26c&empty=&bare&&x=1=2");
    ASSERT_TRUE(query);
    EXPECT_THAT(*query,
                UnorderedElementsAre(Pair("status", "running"), Pair("q", "a b&c"),
                                     Pair("empty", ""), Pair("bare", ""), Pair("x", "1=2")));
    EXPECT_TRUE(parse_query("")->empty());
}

TEST(Query, refuses_repeated_and_broken_parameters) {
    const auto twice = parse_query("page=1&p%61ge=2");
    ASSERT_FALSE(twice);
    EXPECT_THAT(twice.error().message, HasSubstr("'page'"));
    EXPECT_FALSE(parse_query("a=%"));
    EXPECT_FALSE(parse_query("%zz=1"));
    EXPECT_FALSE(parse_query("a=%00"));
}

TEST(UrlText, takes_urls_apart) {
    const auto plain = parse_url("http://127.0.0.1/health");
    ASSERT_TRUE(plain);
    EXPECT_FALSE(plain->is_https);
    EXPECT_EQ(plain->host, "127.0.0.1");
    EXPECT_EQ(plain->port, 80);
    EXPECT_EQ(plain->target, "/health");

    const auto secure = parse_url("https://edge.example:8443?x=1");
    ASSERT_TRUE(secure);
    EXPECT_TRUE(secure->is_https);
    EXPECT_EQ(secure->port, 8443);
    EXPECT_EQ(secure->target, "/?x=1");

    const auto six = parse_url("http://[::1]:8080");
    ASSERT_TRUE(six);
    EXPECT_EQ(six->host, "::1");
    EXPECT_EQ(six->port, 8080);
    EXPECT_EQ(six->target, "/");
    EXPECT_EQ(parse_url("https://a")->port, 443);
}

TEST(UrlText, refuses_what_is_not_a_plain_url) {
    for (const std::string text : {"",
                                   "edge.example",
                                   "ftp://a",
                                   "http://",
                                   "http:///x",
                                   "http://a:0",
                                   "http://a:65536",
                                   "http://a:x",
                                   "http://a:",
                                   "http://user:pass@a/",
                                   "http://a/#b",
                                   "http://a b/",
                                   "http://a/\r\nX: y",
                                   "http://[::1",
                                   "http://[]/",
                                   "http://[::1]x/",
                                   "http://a%62/",
                                   "http://a~b",
                                   "http://*.a/",
                                   "http://a\\b/",
                                   "http://[a.example]/",
                                   "http://[127.0.0.1]/",
                                   "http://[::1::]/",
                                   "http://[::1/x]/"}) {
        EXPECT_FALSE(parse_url(text)) << text;
    }
}

TEST(UrlText, refuses_an_address_with_a_zone) {
    for (const std::string text : {"https://[::ffff:127.0.0.1%1]:8443", "http://[fe80::1%eth0]/",
                                   "http://[fe80::1%25eth0]/", "http://127.0.0.1%1/"}) {
        const auto url = parse_url(text);
        ASSERT_FALSE(url) << text;
        EXPECT_THAT(url.error().message, HasSubstr("zone")) << text;
    }
}

TEST(ListenAddress, takes_addresses_apart) {
    EXPECT_EQ(parse_listen_address("127.0.0.1:8080")->host, "127.0.0.1");
    EXPECT_EQ(parse_listen_address("127.0.0.1:8080")->port, 8080);
    EXPECT_EQ(parse_listen_address(":8080")->host, "");
    EXPECT_EQ(parse_listen_address("[::1]:0")->host, "::1");
    for (const std::string text :
         {"", "8080", "127.0.0.1", "a:b", "a:70000", "a:-1", "::1:80", "a:80:90", "a b:80"}) {
        EXPECT_FALSE(parse_listen_address(text)) << text;
    }
}

}  // namespace
}  // namespace edgeroll::tls
