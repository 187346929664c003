#include "tls/rt/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tls/rt/log_format.hpp"

namespace edgeroll::rt {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(LogFormat, writes_plain_values_bare_and_quotes_the_others) {
    EXPECT_EQ(format_text_line(LogLevel::info, "edgeroll-agent", "dispatch_sent",
                               {{"release", "7"},
                                {"path", "/a/b"},
                                {"reason", "no such file"},
                                {"empty", ""},
                                {"pair", "a=b"}}),
              "info edgeroll-agent event=dispatch_sent release=7 path=/a/b "
              "reason=\"no such file\" empty=\"\" pair=\"a=b\"");
}

TEST(LogFormat, keeps_one_line_whatever_a_value_holds) {
    const std::string line = format_text_line(LogLevel::warn, "p", "e",
                                              {{"v", "a\nlevel=error event=fake\r\t\"\\\x1b[31m"}});
    EXPECT_EQ(line, "warn p event=e v=\"a\\nlevel=error event=fake\\r\\t\\\"\\\\\\u001b[31m\"");
}

TEST(LogFormat, escapes_what_a_terminal_or_a_reader_could_stumble_over) {
    EXPECT_EQ(escape("\x7f"), "\\u007f");
    EXPECT_EQ(escape("\xC2\x9B"), "\\u009b");      // CSI as one character
    EXPECT_EQ(escape("\xE2\x80\xAE"), "\\u202e");  // right-to-left override
    EXPECT_EQ(escape("\xE2\x80\xA8"), "\\u2028");  // line separator
    EXPECT_EQ(escape("gr\xC3\xBC\xC3\x9F \xE4\xB8\xAD"), "gr\xC3\xBC\xC3\x9F \xE4\xB8\xAD");
}

TEST(LogFormat, replaces_bad_utf8) {
    const std::string bad = "\xEF\xBF\xBD";
    EXPECT_EQ(escape("a\xFFz"), "a" + bad + "z");
    EXPECT_EQ(escape("\xC3"), bad);                      // truncated
    EXPECT_EQ(escape("\xC0\x80"), bad + bad);            // overlong
    EXPECT_EQ(escape("\xED\xA0\x80"), bad + bad + bad);  // a surrogate
    EXPECT_EQ(escape("\xF5\x80\x80\x80"), bad + bad + bad + bad);
}

TEST(LogFormat, cuts_a_long_value_at_a_character) {
    EXPECT_EQ(escape(std::string(256, 'x')), std::string(256, 'x'));
    EXPECT_EQ(escape(std::string(257, 'x')), std::string(256, 'x') + "...");
    EXPECT_EQ(escape(std::string(255, 'x') + "\xC3\xBC"), std::string(255, 'x') + "...");
}

TEST(LogFormat, writes_json_that_a_parser_reads_back) {
    const std::string line =
        "{" + format_json_line(LogLevel::error, "p", "task_failed",
                               {{"reason", "a \"b\"\n\x01\xFF"}, {"node", "12"}});
    const auto value = nlohmann::json::parse(line);
    EXPECT_EQ(value.at("level"), "error");
    EXPECT_EQ(value.at("program"), "p");
    EXPECT_EQ(value.at("event"), "task_failed");
    EXPECT_EQ(value.at("node"), "12");
    EXPECT_EQ(value.at("reason"), "a \"b\"\n\x01\xEF\xBF\xBD");
}

TEST(Log, writes_to_standard_error_in_the_chosen_format_and_level) {
    testing::internal::CaptureStderr();
    log(LogLevel::debug, "too_early");
    log(LogLevel::info, "before_set_up");
    const std::string before = testing::internal::GetCapturedStderr();
    EXPECT_THAT(before,
                AllOf(HasSubstr("info edgeroll event=before_set_up"), Not(HasSubstr("too_early"))));

    set_up_log("warn", "json", "edgeroll-agent");
    testing::internal::CaptureStderr();
    log(LogLevel::info, "quiet");
    log(LogLevel::warn, "loud", {{"a", "{} %v"}});
    const std::string json = testing::internal::GetCapturedStderr();
    EXPECT_THAT(json,
                AllOf(StartsWith("{\"time\":\"20"), EndsWith("}\n"), Not(HasSubstr("quiet"))));
    EXPECT_EQ(nlohmann::json::parse(json).at("a"), "{} %v");

    set_up_log("debug", "text", "edgeroll");
    testing::internal::CaptureStderr();
    log(LogLevel::debug, "detail");
    EXPECT_THAT(testing::internal::GetCapturedStderr(),
                testing::MatchesRegex("20..-..-..T..:..:..\\....Z debug edgeroll event=detail\n"));
    set_up_log("info", "text", "edgeroll");
}

}  // namespace
}  // namespace edgeroll::rt
