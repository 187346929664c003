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
    for (const std::string target : {"", "*", "http://a/b", "a", "/%", "/a?b=%x", "/a?b=1&b=2"}) {
        Request request;
        EXPECT_EQ(read_target(target, request).status, 400) << target;
    }
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
