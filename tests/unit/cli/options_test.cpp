#include "control/cli/options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace edgeroll::cli {
namespace {

using ::testing::HasSubstr;

Invocation typed(const std::vector<std::string>& arguments) {
    auto parsed = parse_command_line(arguments, "0.1.0");
    EXPECT_TRUE(parsed) << (parsed ? "" : parsed.error().err);
    return parsed ? std::move(*parsed) : Invocation{};
}

Ended ended(const std::vector<std::string>& arguments) {
    const auto parsed = parse_command_line(arguments, "0.1.0");
    EXPECT_FALSE(parsed);
    return parsed ? Ended{} : parsed.error();
}

TEST(ParseCommandLine, reads_every_command) {
    const auto list = std::get<ReleaseList>(
        typed({"release", "list", "--status", "failed", "-q", "x", "--page-size", "5"}).command);
    EXPECT_EQ(list.status, "failed");
    EXPECT_EQ(list.q, "x");
    EXPECT_EQ(list.page_size, 5);
    EXPECT_EQ(std::get<ReleaseShow>(typed({"release", "show", "7"}).command).id, 7);
    EXPECT_EQ(std::get<ReleaseWatch>(typed({"release", "watch", "8"}).command).id, 8);
    const auto push = std::get<ConfigPush>(
        typed({"config", "push", "--template", "*.conf", "site", "42", "--template", "b"}).command);
    EXPECT_EQ(push.path, "site");
    EXPECT_EQ(push.version, 42);
    EXPECT_THAT(push.templates, ::testing::ElementsAre("*.conf", "b"));
    EXPECT_TRUE(std::holds_alternative<NodeList>(typed({"node", "list"}).command));
    const auto add = std::get<NodeAdd>(
        typed({"node", "add", "edge-1", "10.0.0.7", "--label", "region=eu", "--label", "note=a=b"})
            .command);
    EXPECT_EQ(add.name, "edge-1");
    EXPECT_EQ(add.port, 8443);
    EXPECT_EQ(add.labels.at("region"), "eu");
    EXPECT_EQ(add.labels.at("note"), "a=b");
}

TEST(ParseCommandLine, takes_global_options_anywhere) {
    for (const auto& arguments : std::vector<std::vector<std::string>>{
             {"-o", "json", "--url", "http://c", "node", "list"},
             {"node", "list", "--url", "http://c", "-o", "json"}}) {
        const auto invocation = typed(arguments);
        EXPECT_EQ(invocation.format, Format::json);
        EXPECT_EQ(invocation.url, "http://c");
    }
    EXPECT_EQ(typed({"node", "list"}).format, Format::table);
}

TEST(ParseCommandLine, refuses_mistakes_in_one_line_and_points_to_help) {
    for (const auto& arguments : std::vector<std::vector<std::string>>{
             {},
             {"release"},
             {"release", "show"},
             {"release", "show", "zero"},
             {"release", "show", "0"},
             {"release", "show", "1.5"},
             {"release", "list", "--page-size", "101"},
             {"release", "list", "surplus"},
             {"node", "add", "edge-1"},
             {"node", "add", "e", "1.2.3.4", "--port", "70000"},
             {"node", "add", "e", "1.2.3.4", "--label", "region"},
             {"node", "add", "e", "1.2.3.4", "--label", "a=1", "--label", "a=2"},
             {"-o", "yaml", "node", "list"},
             {"--nonsense"}}) {
        const auto end = ended(arguments);
        EXPECT_EQ(end.status, ExitStatus::refused);
        EXPECT_THAT(end.err, HasSubstr("edgeroll: "));
        EXPECT_THAT(end.err, HasSubstr("\nSee: edgeroll"));
        EXPECT_EQ(end.out, "");
    }
    EXPECT_THAT(ended({"release", "show"}).err, HasSubstr("See: edgeroll release show --help"));
}

TEST(ParseCommandLine, has_help_with_an_example_for_every_command) {
    for (const auto& command : std::vector<std::vector<std::string>>{{},
                                                                     {"release", "list"},
                                                                     {"release", "show"},
                                                                     {"release", "watch"},
                                                                     {"config", "push"},
                                                                     {"node", "list"},
                                                                     {"node", "add"}}) {
        auto arguments = command;
        arguments.emplace_back("--help");
        const auto end = ended(arguments);
        EXPECT_EQ(end.status, ExitStatus::success);
        EXPECT_THAT(end.out, HasSubstr("Example:\n  edgeroll "));
    }
    EXPECT_THAT(ended({"--help"}).out, HasSubstr("EDGEROLL_TOKEN"));
}

TEST(ParseCommandLine, prints_the_version) {
    const auto end = ended({"--version"});
    EXPECT_EQ(end.status, ExitStatus::success);
    EXPECT_EQ(end.out, "edgeroll 0.1.0\n");
}

}  // namespace
}  // namespace edgeroll::cli
