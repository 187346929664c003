#include "tls/rt/program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <csignal>

namespace edgeroll::rt {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

struct Parsed {
    std::optional<int> status;
    std::string out, err, config;
};

Parsed parse(std::vector<const char*> arguments) {
    Parsed result;
    std::string path = "here";
    CLI::App app("Does something.", "edgeroll-test");
    add_common_options(app, result.config, {text_setting("T_PATH", path, "where it is")});
    arguments.insert(arguments.begin(), "edgeroll-test");
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    result.status = parse_arguments(app, static_cast<int>(arguments.size()), arguments.data());
    result.out = testing::internal::GetCapturedStdout();
    result.err = testing::internal::GetCapturedStderr();
    return result;
}

TEST(Program, prints_help_with_the_settings_and_ends_well) {
    const Parsed help = parse({"--help"});
    EXPECT_EQ(help.status, 0);
    EXPECT_THAT(help.out, AllOf(HasSubstr("Does something."), HasSubstr("--config"),
                                HasSubstr("T_PATH (default here)"), HasSubstr("where it is")));
    EXPECT_EQ(help.err, "");
}

TEST(Program, prints_its_version) {
    const Parsed version = parse({"--version"});
    EXPECT_EQ(version.status, 0);
    EXPECT_EQ(version.out, "edgeroll-test " + program_version() + "\n");
}

TEST(Program, goes_on_with_good_arguments) {
    const Parsed good = parse({"--config", "a.toml"});
    EXPECT_FALSE(good.status);
    EXPECT_EQ(good.config, "a.toml");
    EXPECT_EQ(good.out + good.err, "");
}

TEST(Program, names_a_bad_argument_in_one_line_and_gives_2) {
    const Parsed bad = parse({"--colour"});
    EXPECT_EQ(bad.status, exit_bad_settings);
    EXPECT_THAT(bad.err, AllOf(StartsWith("edgeroll-test: "), HasSubstr("--colour"),
                               EndsWith("see --help\n")));
    EXPECT_EQ(std::count(bad.err.begin(), bad.err.end(), '\n'), 1);
    EXPECT_EQ(parse({"--config"}).status, exit_bad_settings);
}

TEST(Program, refuses_in_one_line) {
    testing::internal::CaptureStderr();
    EXPECT_EQ(refuse("edgeroll-test", "T_PATH: is not there;\ngive one"), exit_bad_settings);
    EXPECT_EQ(testing::internal::GetCapturedStderr(),
              "edgeroll-test: T_PATH: is not there; give one\n");
}

TEST(Program, prints_no_argument_that_steers_a_terminal) {
    const Parsed bad = parse({"\x1b]0;title\a\xe2\x80\xae\xff"});
    EXPECT_THAT(bad.err, HasSubstr("\\x1b]0;title\\x07\\u202e\\xff"));
}

TEST(StopSignals, calls_back_once_and_lets_the_loop_end_when_forgotten) {
    for (const int number : {SIGTERM, SIGINT}) {
        boost::asio::io_context loop;
        int calls = 0;
        const auto signals = on_stop_signal(loop.get_executor(), [&] { ++calls; });
        std::raise(number);
        while (calls == 0)
            loop.run_one();
        signals->forget();
        loop.run();  // returns, since no work is pending
        EXPECT_EQ(calls, 1);
    }
}

TEST(StopSignals, may_be_forgotten_by_its_own_callback) {
    boost::asio::io_context loop;
    std::unique_ptr<StopSignals> signals;
    int calls = 0;
    signals = on_stop_signal(loop.get_executor(), [&] {
        ++calls;
        signals->forget();
    });
    std::raise(SIGTERM);
    loop.run();
    EXPECT_EQ(calls, 1);
}

TEST(StopSignalsDeathTest, end_the_process_at_the_second_signal) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(
        {
            boost::asio::io_context loop;
            const auto signals = on_stop_signal(loop.get_executor(), [] {});
            std::raise(SIGTERM);
            loop.run_one();
            std::raise(SIGTERM);
            loop.run();
        },
        testing::ExitedWithCode(1), "event=stopped_hard");
}

}  // namespace
}  // namespace edgeroll::rt
