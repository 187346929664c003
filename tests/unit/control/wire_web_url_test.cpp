#include "release/text/web_url.hpp"

#include <gtest/gtest.h>

namespace edgeroll::release::wire {
namespace {

std::string url_error(const std::string& text) {
    const auto url = parse_web_url(text);
    return url ? "accepted" : url.error().message;
}

TEST(WebUrl, is_taken_apart) {
    const auto plain = parse_web_url("http://gate.example/path?x=1");
    ASSERT_TRUE(plain);
    EXPECT_FALSE(plain->is_https);
    EXPECT_EQ(plain->host, "gate.example");
    EXPECT_EQ(plain->port, 80);
    EXPECT_EQ(parse_web_url("https://gate.example")->port, 443);
    EXPECT_EQ(parse_web_url("https://gate.example?x")->host, "gate.example");
    EXPECT_EQ(parse_web_url("https://[::1]:8443/")->host, "::1");
    EXPECT_EQ(parse_web_url("https://[::1]:8443/")->port, 8443);
    EXPECT_TRUE(parse_web_url("https://h/a@b")) << "an @ after the host is part of the path";
}

TEST(WebUrl, is_refused_with_the_reason) {
    EXPECT_EQ(url_error("ftp://x"), "an http or https URL");
    EXPECT_EQ(url_error(""), "an http or https URL");
    EXPECT_EQ(url_error("HTTP//x"), "an http or https URL");
    EXPECT_EQ(url_error("https://"), "a URL with a host");
    EXPECT_EQ(url_error("https:///x"), "a URL with a host");
    EXPECT_EQ(url_error("https://:80/x"), "a URL with a host");
    EXPECT_EQ(url_error("https://ex*mple/"), "a URL with a host");
    EXPECT_EQ(url_error("https://[::1/"), "a URL with a host");
    EXPECT_EQ(url_error("https://[x]/"), "a URL with a host");
    EXPECT_EQ(url_error("https://ann:pw@x/"), "a URL without user name and password");
    EXPECT_EQ(url_error("https://x/#part"), "a URL without a fragment");
    EXPECT_EQ(url_error("https://x/a b"), "a URL of visible ASCII characters");
    EXPECT_EQ(url_error("https://x/\r\nHost: y"), "a URL of visible ASCII characters");
    EXPECT_EQ(url_error("https://x/" + std::string(2048, 'a')), "a URL of at most 2048 bytes");
    for (const char* port : {"0", "65536", "x", "", "80x", "-1"}) {
        EXPECT_EQ(url_error("https://x:" + std::string(port) + "/"),
                  "a URL whose port is 1 to 65535");
    }
    EXPECT_EQ(url_error("https://[::1]80/"), "a URL whose port is 1 to 65535");
}

TEST(WebUrl, knows_what_stays_on_the_machine) {
    for (const char* here :
         {"http://localhost/", "http://127.0.0.1:80/", "http://127.9.9.9/", "http://[::1]/"}) {
        EXPECT_TRUE(is_loopback(*parse_web_url(here))) << here;
    }
    for (const char* away : {"http://127.0.0.1.example/", "http://10.0.0.1/", "http://127.example/",
                             "http://localhost.example/", "http://[::2]/", "http://127.1/"}) {
        EXPECT_FALSE(is_loopback(*parse_web_url(away))) << away;
    }
}

}  // namespace
}  // namespace edgeroll::release::wire
