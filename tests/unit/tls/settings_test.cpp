#include "tls/rt/settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace edgeroll::rt {
namespace {

using release::Millis;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

using Environment = std::map<std::string, std::string>;

std::string error_of(const std::vector<Setting>& table, const Environment& env) {
    const auto done = load_settings(table, "", env);
    return done ? std::string{} : done.error().message;
}

TEST(Settings, keeps_defaults_when_nothing_is_set) {
    Millis lease{15'000};
    int count = 8;
    bool flag = true;
    std::string level = "info";
    const std::vector<Setting> table{
        seconds_setting("LEASE_SEC", lease, Millis{1000}, "lease"),
        number_setting("COUNT", count, 1, 100, "count"),
        flag_setting("FLAG", flag, "flag"),
        choice_setting("LEVEL", level, {"debug", "info"}, "level"),
    };
    EXPECT_TRUE(load_settings(table, "", Environment{{"OTHER", "x"}}));
    EXPECT_EQ(lease, Millis{15'000});
    EXPECT_EQ(count, 8);
    EXPECT_TRUE(flag);
    EXPECT_EQ(level, "info");
}

TEST(Settings, reads_each_kind_from_the_environment) {
    Millis lease{15'000};
    int count = 8;
    bool flag = true;
    std::string level = "info";
    std::string text;
    const std::vector<Setting> table{
        seconds_setting("LEASE_SEC", lease, Millis{1}, "lease"),
        number_setting("COUNT", count, 1, 100, "count"),
        flag_setting("FLAG", flag, "flag"),
        choice_setting("LEVEL", level, {"debug", "info"}, "level"),
        text_setting("TEXT", text, "text"),
    };
    EXPECT_TRUE(load_settings(table, "",
                              Environment{{"LEASE_SEC", "0.25"},
                                          {"COUNT", "100"},
                                          {"FLAG", "0"},
                                          {"LEVEL", "debug"},
                                          {"TEXT", "a b"}}));
    EXPECT_EQ(lease, Millis{250});
    EXPECT_EQ(count, 100);
    EXPECT_FALSE(flag);
    EXPECT_EQ(level, "debug");
    EXPECT_EQ(text, "a b");
}

TEST(Settings, reads_seconds_exactly_to_the_millisecond) {
    Millis value{1};
    const std::vector<Setting> table{seconds_setting("T", value, Millis{0}, "t")};
    const std::vector<std::pair<std::string, std::int64_t>> good{
        {"0", 0},     {"1", 1000},     {"1.", 1000},     {".5", 500},
        {"0.001", 1}, {"1.100", 1100}, {"2.5000", 2500}, {"999999999", 999'999'999'000}};
    for (const auto& [text, milliseconds] : good) {
        EXPECT_EQ(error_of(table, {{"T", text}}), "") << text;
        EXPECT_EQ(value, Millis{milliseconds}) << text;
    }
    for (const std::string text :
         {"", ".", "-1", "1s", " 1", "1,5", "1e3", "0x1", "nan", "0.0001", "1.2.3", "9999999999"}) {
        EXPECT_THAT(error_of(table, {{"T", text}}), StartsWith("T: ")) << text;
    }
}

TEST(Settings, names_the_setting_the_value_and_the_cure_when_a_value_is_bad) {
    Millis lease{15'000};
    int count = 8;
    bool flag = true;
    std::string level = "info";
    const std::vector<Setting> table{
        seconds_setting("LEASE_SEC", lease, Millis{1500}, "lease"),
        number_setting("COUNT", count, 1, 100, "count"),
        flag_setting("FLAG", flag, "flag"),
        choice_setting("LEVEL", level, {"debug", "info", "warn"}, "level"),
    };
    EXPECT_THAT(
        error_of(table, {{"LEASE_SEC", "1.4"}}),
        AllOf(StartsWith("LEASE_SEC: '1.4'"), HasSubstr("at least 1.5"), HasSubstr("e.g. 15")));
    EXPECT_THAT(error_of(table, {{"COUNT", "101"}}),
                AllOf(StartsWith("COUNT: '101'"), HasSubstr("1 to 100")));
    EXPECT_THAT(error_of(table, {{"COUNT", "8 "}}), HasSubstr("not a whole number"));
    EXPECT_THAT(error_of(table, {{"COUNT", "99999999999999999999"}}), StartsWith("COUNT: "));
    EXPECT_THAT(error_of(table, {{"FLAG", "yes"}}), HasSubstr("1 (on) or 0 (off)"));
    EXPECT_THAT(error_of(table, {{"LEVEL", "loud"}}), HasSubstr("debug, info or warn"));
    EXPECT_EQ(lease, Millis{15'000});
}

TEST(Settings, escapes_and_cuts_a_bad_value_in_the_message) {
    int count = 8;
    const std::vector<Setting> table{number_setting("COUNT", count, 1, 100, "count")};
    const std::string message = error_of(table, {{"COUNT", "a\nb" + std::string(5000, 'x')}});
    EXPECT_THAT(message, HasSubstr("a\\nb"));
    EXPECT_THAT(message, Not(HasSubstr("\n")));
    EXPECT_LT(message.size(), 200U);
}

TEST(Settings, never_shows_a_secret) {
    std::string secret = "default-secret";
    const std::vector<Setting> table{secret_setting("JWT_SECRET", secret, "the key")};
    EXPECT_THAT(settings_help(table), AllOf(HasSubstr("JWT_SECRET"), Not(HasSubstr("default"))));
    const std::string message = error_of(table, {{"JWT_SECRET", std::string("hunter2\0x", 9)}});
    EXPECT_THAT(message, AllOf(StartsWith("JWT_SECRET: "), Not(HasSubstr("hunter2"))));
}

TEST(Settings, lists_names_defaults_and_meanings_in_help) {
    Millis lease{1500};
    std::string path;
    const std::vector<Setting> table{
        seconds_setting("LEASE_SEC", lease, Millis{1}, "how long a claim lasts"),
        text_setting("CONTROL_CERT", path, "client certificate"),
    };
    EXPECT_THAT(settings_help(table),
                AllOf(HasSubstr("LEASE_SEC (default 1.5)\n      how long a claim lasts\n"),
                      HasSubstr("CONTROL_CERT\n      client certificate\n")));
}

TEST(Settings, sees_the_process_environment) {
    ::setenv("EDGEROLL_TEST_SETTING", "a=b", 1);
    EXPECT_EQ(environment().at("EDGEROLL_TEST_SETTING"), "a=b");
    ::unsetenv("EDGEROLL_TEST_SETTING");
    EXPECT_FALSE(environment().contains("EDGEROLL_TEST_SETTING"));
}

}  // namespace
}  // namespace edgeroll::rt
