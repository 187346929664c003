#include "tls/request_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace edgeroll::tls {
namespace {

using testing::HasSubstr;
using Headers = std::map<std::string, std::string>;

TEST(RequestReader, takes_path_and_parameters_apart) {
    Request request;
    EXPECT_EQ(read_target("/tasks/a%20b?wait=5", request).status, 0);
    EXPECT_EQ(request.path, "/tasks/a%20b");
    EXPECT_EQ(request.parameters.at("wait"), "5");
}

TEST(RequestReader, refuses_targets_that_are_no_path) {
    for (const std::string target : {"", "*", "a", "a:443", "ftp://a/b", "http://", "http:///b",
                                     "http://u@a/b", "http://a b/c", "http://a,b/c", "://a/b", "/%",
                                     "/a?b=%x", "/a?b=1&b=2", "http://a/b?c=1&c=2"}) {
        Request request;
        EXPECT_EQ(read_target(target, request).status, 400) << target;
    }
}

TEST(RequestReader, serves_absolute_targets) {
    for (const auto& [target, path] :
         std::map<std::string, std::string>{{"http://a/b", "/b"},
                                            {"HTTPS://a.b:80/b", "/b"},
                                            {"http://[::1]:8080/b", "/b"},
                                            {"http://a", "/"},
                                            {"http://a?wait=5", "/"},
                                            {"http://a/b?wait=5", "/b"}}) {
        Request request;
        EXPECT_EQ(read_target(target, request).status, 0) << target;
        EXPECT_EQ(request.path, path) << target;
        EXPECT_EQ(request.parameters.contains("wait"), target.find('?') != target.npos);
    }
}

TEST(RequestReader, wants_one_host) {
    EXPECT_EQ(judge_version(Headers{{"host", "a.b:8080"}}, 11).status, 0);
    EXPECT_EQ(judge_version(Headers{{"host", "[::1]"}}, 11).status, 0);
    EXPECT_EQ(judge_version(Headers{{"host", ""}}, 11).status, 0);
    EXPECT_EQ(judge_version(Headers{}, 11).status, 400);
    EXPECT_EQ(judge_version(Headers{}, 10).status, 0);
    for (const unsigned version : {10U, 11U}) {
        for (const char* host : {"a, a", ", a", "a b", "a/b", "u@a"}) {
            EXPECT_EQ(judge_version(Headers{{"host", host}}, version).status, 400) << host;
        }
    }
}

TEST(RequestReader, knows_no_chunks_in_http_1_0) {
    const Headers headers{{"host", "a"}, {"transfer-encoding", "chunked"}};
    EXPECT_EQ(judge_version(headers, 10).status, 400);
    EXPECT_EQ(judge_version(headers, 11).status, 0);
}

TEST(RequestReader, says_dates_as_http_does) {
    EXPECT_EQ(http_date(784'111'777), "Sun, 06 Nov 1994 08:49:37 GMT");
    EXPECT_EQ(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
    EXPECT_EQ(http_date(1'709'164'800), "Thu, 29 Feb 2024 00:00:00 GMT");
}

TEST(RequestReader, refuses_a_length_that_can_be_read_in_two_ways) {
    EXPECT_EQ(judge_headers(Headers{{"content-length", "5"}}).status, 0);
    EXPECT_EQ(judge_headers(Headers{{"transfer-encoding", "Chunked"}}).status, 0);
    EXPECT_EQ(
        judge_headers(Headers{{"transfer-encoding", "chunked"}, {"content-length", "5"}}).status,
        400);
    EXPECT_EQ(judge_headers(Headers{{"transfer-encoding", "gzip, chunked"}}).status, 400);
    EXPECT_EQ(judge_headers(Headers{{"content-length", "5, 5"}}).status, 400);
}

TEST(RequestReader, knows_one_expectation) {
    EXPECT_EQ(judge_headers(Headers{{"expect", "100-Continue"}}).status, 0);
    EXPECT_EQ(judge_headers(Headers{{"expect", "tea"}}).status, 417);
}

TEST(RequestReader, answers_in_the_programs_words_or_its_own) {
    ServerOptions options;
    EXPECT_EQ(error_text(options, 400, "a \"b\""), R"({"status":400,"message":"a \"b\""})");
    options.error_body = [](int status, const std::string& what) {
        return std::to_string(status) + what;
    };
    EXPECT_EQ(error_text(options, 404, "x"), "404x");
}

}  // namespace
}  // namespace edgeroll::tls
