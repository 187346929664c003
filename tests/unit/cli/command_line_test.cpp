#include "control/cli/command_line.hpp"

#include <gtest/gtest.h>

#include "control/cli/options.hpp"

namespace edgeroll::cli {
namespace {

using release::wire::Json;

TEST(ShellQuoted, leaves_plain_words_and_quotes_the_others) {
    EXPECT_EQ(shell_quoted("edge-1.conf"), "edge-1.conf");
    EXPECT_EQ(shell_quoted("a b"), "'a b'");
    EXPECT_EQ(shell_quoted("it's $HOME"), "'it'\\''s $HOME'");
    EXPECT_EQ(shell_quoted(""), "''");
    EXPECT_EQ(shell_quoted("a\x1b[0m'"), "$'a\\033[0m\\047'");
}

TEST(CreateCommandLine, says_all_that_was_asked_for) {
    ReleaseCreate what;
    what.version = 42;
    what.is_reload_only = true;
    what.type = "reload";
    what.from_release = 6;
    what.reason = "it's time";
    what.not_before = "2026-01-31T02:00:00+08:00";
    what.callback_url = "https://h/?a=1";
    what.is_superseding = true;
    what.is_forced = true;
    what.idempotency_key = "k";
    what.is_dry_run = true;
    what.global_options = {"--url", "http://c:8080"};
    EXPECT_EQ(
        create_command_line(what, Json::parse(R"({"retries":1})"), "abc"),
        "edgeroll --url http://c:8080 release create --version 42 --reload-only --type reload "
        "--from-release 6 --reason 'it'\\''s time' --not-before 2026-01-31T02:00:00+08:00 "
        "--callback-url 'https://h/?a=1' --supersede --force --batch-config "
        "'{\"retries\":1}' --idempotency-key k --plan abc");
}

TEST(CreateCommandLine, keeps_a_value_that_begins_with_a_dash_a_value) {
    ReleaseCreate what;
    what.reason = "-x";
    EXPECT_EQ(create_command_line(what, Json::object(), "abc"),
              "edgeroll release create --reason=-x --plan abc");
    const auto parsed =
        parse_command_line({"release", "create", "--version", "1", "--reason=-x"}, "1");
    ASSERT_TRUE(parsed);
    EXPECT_EQ(std::get<ReleaseCreate>(parsed->command).reason, "-x");
}

}  // namespace
}  // namespace edgeroll::cli
