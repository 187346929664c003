#include "tls/router.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace edgeroll::tls {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

boost::asio::awaitable<Response> nothing(Request) {
    co_return Response{};
}

Request request_for(std::string method, std::string path) {
    Request request;
    request.method = std::move(method);
    request.path = std::move(path);
    return request;
}

class RouterTest : public testing::Test {
  protected:
    RouterTest() {
        router_.add("GET", "/healthz", nothing);
        router_.add("GET", "/releases/{id}", nothing);
        router_.add("PATCH", "/releases/{id}", nothing);
        router_.add("POST", "/releases/{id}/retry", nothing);
        router_.add("GET", "/releases/latest", nothing);
        router_.add("GET", "/{a}/x/{b}", nothing);
    }
    Router::Match find(std::string method, std::string path) {
        request_ = request_for(std::move(method), std::move(path));
        return router_.find(request_);
    }
    Router router_;
    Request request_;
};

TEST_F(RouterTest, finds_a_handler_and_its_captures) {
    EXPECT_NE(find("GET", "/healthz").handler, nullptr);
    EXPECT_THAT(request_.captures, IsEmpty());
    EXPECT_NE(find("GET", "/releases/7").handler, nullptr);
    EXPECT_THAT(request_.captures, ElementsAre("7"));
    EXPECT_NE(find("GET", "/1/x/2").handler, nullptr);
    EXPECT_THAT(request_.captures, ElementsAre("1", "2"));
}

TEST_F(RouterTest, decodes_captures_and_keeps_an_encoded_slash_inside_one) {
    EXPECT_NE(find("GET", "/releases/a%2Fb%20c").handler, nullptr);
    EXPECT_THAT(request_.captures, ElementsAre("a/b c"));
    EXPECT_NE(find("GET", "/%68ealthz").handler, nullptr);
}

TEST_F(RouterTest, prefers_a_literal_to_a_capture) {
    EXPECT_NE(find("GET", "/releases/latest").handler, nullptr);
    EXPECT_THAT(request_.captures, IsEmpty());
}

TEST_F(RouterTest, knows_no_path_with_more_less_or_empty_segments) {
    for (const std::string path :
         {"/", "/releases", "/releases/", "/releases/7/", "//releases/7", "/healthz/",
          "/releases/7/retry/8", "healthz", "", "/releases/%zz", "/releases/%00"}) {
        const auto match = find("GET", path);
        EXPECT_EQ(match.handler, nullptr) << path;
        EXPECT_FALSE(match.is_path_known) << path;
    }
}

TEST_F(RouterTest, names_the_allowed_methods_when_the_path_is_known) {
    const auto match = find("DELETE", "/releases/7");
    EXPECT_EQ(match.handler, nullptr);
    EXPECT_TRUE(match.is_path_known);
    EXPECT_EQ(match.allowed, "GET, HEAD, PATCH");
    EXPECT_EQ(find("GET", "/releases/7/retry").allowed, "POST");
    EXPECT_EQ(find("get", "/healthz").handler, nullptr);
}

TEST_F(RouterTest, answers_head_with_the_handler_of_get) {
    EXPECT_EQ(find("HEAD", "/healthz").handler, find("GET", "/healthz").handler);
    EXPECT_EQ(find("HEAD", "/releases/7/retry").handler, nullptr);
}

TEST(Percent, decodes_and_refuses_broken_sequences) {
    EXPECT_EQ(percent_decode("a%20b%2f+"), "a b/+");
    EXPECT_EQ(percent_decode(""), "");
    EXPECT_EQ(percent_decode("%41"), "A");
    for (const std::string text : {"%", "%4", "%zz", "%4g", "a%", "%00", "x%0"}) {
        EXPECT_FALSE(percent_decode(text)) << text;
    }
    EXPECT_FALSE(percent_decode(std::string("a\0b", 3)));
}

TEST(Percent, encodes_everything_but_unreserved_characters) {
    EXPECT_EQ(percent_encode("azAZ09-._~"), "azAZ09-._~");
    EXPECT_EQ(percent_encode("a b/c?d%"), "a%20b%2Fc%3Fd%25");
    EXPECT_EQ(percent_encode("\xC3\xBC\n"), "%C3%BC%0A");
}

TEST(Percent, gives_back_every_byte_after_encoding) {
    std::string all;
    for (int i = 1; i < 256; ++i)
        all += static_cast<char>(i);
    EXPECT_EQ(percent_decode(percent_encode(all)), all);
}

}  // namespace
}  // namespace edgeroll::tls
