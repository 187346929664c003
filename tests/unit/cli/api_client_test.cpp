#include "control/cli/api_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes.hpp"

namespace edgeroll::cli {
namespace {

using ::testing::HasSubstr;

Failure failure_of(const std::string& body, int status) {
    test::FakeHttp http;
    http.answers_with(body, status);
    const auto answer = call(http, {});
    EXPECT_FALSE(answer) << body;
    return answer ? Failure{} : answer.error();
}

TEST(Call, returns_the_data) {
    test::FakeHttp http;
    http.answers_data(R"({"releaseId":7})");
    const auto answer = call(http, {});
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->at("releaseId"), 7);
}

TEST(Call, reads_no_answer_of_very_many_values) {
    std::string many = R"({"code":0,"data":[{})";
    for (std::size_t at = 0; at < answer_values_max / 2; ++at)
        many += ",{}";
    const Failure failure = failure_of(many + "]}", 200);
    EXPECT_EQ(failure.status, ExitStatus::unreachable);
    EXPECT_THAT(failure.message, HasSubstr("more than 2,000,000 values"));

    test::FakeHttp http;
    const std::string text = std::string(answer_values_max, ',') + R"(\",\\)";
    http.answers_data("\"" + text + "\"");
    const auto answer = call(http, {});
    ASSERT_TRUE(answer) << "commas of a text part nothing: " << answer.error().message;
}

TEST(Call, names_the_host_when_control_is_away) {
    test::FakeHttp http;
    http.is_away();
    const auto answer = call(http, {});
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().status, ExitStatus::unreachable);
    EXPECT_EQ(answer.error().message,
              "control is not reachable: 127.0.0.1:8080: connection refused");
}

TEST(Call, says_what_to_set_when_a_token_is_missing_or_too_weak) {
    const auto none = failure_of(R"({"code":1001,"message":"no token"})", 401);
    EXPECT_EQ(none.status, ExitStatus::refused);
    EXPECT_THAT(none.message, HasSubstr("EDGEROLL_TOKEN"));
    EXPECT_THAT(none.message, HasSubstr("--token-file"));
    EXPECT_THAT(failure_of(R"({"code":1003,"message":"expired"})", 401).message,
                HasSubstr("expired"));
    const auto viewer = failure_of(R"({"code":1004,"message":"forbidden"})", 403);
    EXPECT_EQ(viewer.status, ExitStatus::refused);
    EXPECT_THAT(viewer.message, HasSubstr("role admin"));
}

TEST(Call, tells_a_refusal_from_a_trouble_of_control) {
    const auto missing = failure_of(R"({"code":3001,"message":"release 9 does not exist"})", 404);
    EXPECT_EQ(missing.status, ExitStatus::refused);
    EXPECT_EQ(missing.message, "control refused: release 9 does not exist (code 3001)");
    const auto trouble = failure_of(R"({"code":5002,"message":"database is away"})", 503);
    EXPECT_EQ(trouble.status, ExitStatus::unreachable);
    EXPECT_THAT(trouble.message, HasSubstr("database is away"));
}

TEST(Call, does_not_take_a_stranger_for_control) {
    EXPECT_THAT(failure_of("<html>It works!</html>", 200).message, HasSubstr("EDGEROLL_URL"));
    EXPECT_EQ(failure_of("<html>gone</html>", 404).status, ExitStatus::unreachable);
    EXPECT_EQ(failure_of("[]", 200).status, ExitStatus::unreachable);
    EXPECT_EQ(failure_of("{}", 200).status, ExitStatus::unreachable);
    EXPECT_EQ(failure_of(R"({"code":"0"})", 200).status, ExitStatus::unreachable);
    EXPECT_EQ(failure_of(std::string(100000, '['), 200).status, ExitStatus::unreachable);
}

TEST(Call, makes_messages_printable) {
    const auto hostile = failure_of(R"({"code":2002,"message":"bad\u001b[2J\nvalue"})", 400);
    EXPECT_EQ(hostile.message, "control refused: bad\\x1b[2J\\nvalue (code 2002)");
}

TEST(WithQuery, encodes_and_leaves_out_empty_values) {
    EXPECT_EQ(with_query("/r", {{"a", ""}, {"q", "x y&z"}, {"page", "1"}}),
              "/r?q=x%20y%26z&page=1");
    EXPECT_EQ(with_query("/r", {{"a", ""}}), "/r");
}

}  // namespace
}  // namespace edgeroll::cli
