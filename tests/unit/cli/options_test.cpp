#include "control/cli/options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

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
    const auto steps = std::get<ReleaseShow>(
        typed({"release", "show", "7", "--steps", "--node", "edge-1"}).command);
    EXPECT_TRUE(steps.has_steps);
    EXPECT_EQ(steps.node, "edge-1");
    EXPECT_EQ(std::get<ReleaseWatch>(typed({"release", "watch", "8"}).command).id, 8);
    const auto push = std::get<ConfigPush>(
        typed({"config", "push", "--template", "*.conf", "site", "42", "--template", "b"}).command);
    EXPECT_EQ(push.path, "site");
    EXPECT_EQ(push.version, 42);
    EXPECT_THAT(push.templates, ::testing::ElementsAre("*.conf", "b"));
    EXPECT_FALSE(push.follows_links || push.allows_plain_keys);
    const auto keys =
        std::get<ConfigPush>(typed({"config", "push", "--secret", "*.key", "--dereference", "site",
                                    "42", "--secret", "token", "--allow-plain-keys"})
                                 .command);
    EXPECT_EQ(keys.path, "site");
    EXPECT_THAT(keys.secrets, ::testing::ElementsAre("*.key", "token"));
    EXPECT_TRUE(keys.follows_links && keys.allows_plain_keys);
    EXPECT_TRUE(std::holds_alternative<NodeList>(typed({"node", "list"}).command));
    const auto add = std::get<NodeAdd>(
        typed({"node", "add", "edge-1", "10.0.0.7", "--label", "region=eu", "--label", "note=a=b"})
            .command);
    EXPECT_EQ(add.name, "edge-1");
    EXPECT_EQ(add.port, 8443);
    EXPECT_EQ(add.labels.at("region"), "eu");
    EXPECT_EQ(add.labels.at("note"), "a=b");
}

TEST(ParseCommandLine, reads_what_a_release_is_made_of) {
    const auto create = std::get<ReleaseCreate>(typed({"--url",
                                                       "http://c",
                                                       "release",
                                                       "create",
                                                       "--version",
                                                       "42",
                                                       "--type",
                                                       "reload",
                                                       "--batches",
                                                       "1,5%,rest",
                                                       "--label",
                                                       "region=eu",
                                                       "--label",
                                                       "region=us",
                                                       "--node",
                                                       "edge-1",
                                                       "--max-parallel",
                                                       "9",
                                                       "--max-parallel-per",
                                                       "region=2",
                                                       "--failure-threshold",
                                                       "0",
                                                       "--max-unreachable",
                                                       "5%",
                                                       "--retries",
                                                       "2",
                                                       "--pause-after-batch",
                                                       "--interval",
                                                       "0.5",
                                                       "--on-failure",
                                                       "rollback",
                                                       "--not-before",
                                                       "2026-01-31T02:00:00+08:00",
                                                       "--supersede",
                                                       "--force",
                                                       "--watch",
                                                       "--from-release",
                                                       "6",
                                                       "--batch-config",
                                                       "-"})
                                                    .command);
    EXPECT_EQ(create.version, 42);
    EXPECT_EQ(create.from_release, 6);
    EXPECT_EQ(create.type, "reload");
    EXPECT_TRUE(create.is_superseding && create.is_forced && create.is_watched);
    EXPECT_FALSE(create.is_dry_run);
    EXPECT_EQ(create.batch.config, "-");
    EXPECT_EQ(create.batch.batches, "1,5%,rest");
    EXPECT_THAT(create.batch.labels, ::testing::ElementsAre("region=eu", "region=us"));
    EXPECT_THAT(create.batch.nodes, ::testing::ElementsAre("edge-1"));
    EXPECT_EQ(create.batch.max_parallel, 9);
    EXPECT_EQ(create.batch.failure_threshold, 0);
    EXPECT_EQ(create.batch.batch_size, std::nullopt);
    EXPECT_EQ(create.batch.interval_sec, 0.5);
    EXPECT_THAT(create.global_options, ::testing::ElementsAre("--url", "http://c"));
    EXPECT_TRUE(
        std::get<ReleaseCreate>(typed({"release", "plan", "--version", "42"}).command).is_dry_run);
}

TEST(ParseCommandLine, reads_how_a_release_is_steered) {
    const auto steer = [](const std::vector<std::string>& words) {
        return std::get<ReleaseSteer>(typed(words).command);
    };
    EXPECT_EQ(steer({"release", "pause", "7"}).action, Steering::pause);
    EXPECT_EQ(steer({"release", "continue", "7"}).action, Steering::resume);
    const auto stop = steer({"release", "stop", "7", "--reason", "why", "-y"});
    EXPECT_EQ(stop.action, Steering::stop);
    EXPECT_EQ(stop.reason, "why");
    EXPECT_TRUE(stop.is_confirmed);
    EXPECT_FALSE(stop.is_forced);
    EXPECT_TRUE(steer({"release", "stop", "7", "--force", "--reason", "why"}).is_forced);
    EXPECT_THAT(ended({"release", "stop", "7", "--force"}).err,
                HasSubstr("--force gives nodes up: say why with --reason TEXT"));
    const auto retry = steer({"release", "retry", "--node", "a", "7", "--node", "4"});
    EXPECT_EQ(retry.action, Steering::retry);
    EXPECT_EQ(retry.id, 7);
    EXPECT_THAT(retry.nodes, ::testing::ElementsAre("a", "4"));
    EXPECT_FALSE(retry.is_confirmed);
    EXPECT_TRUE(steer({"release", "rollback", "7", "--force"}).is_forced);
    const auto limit = std::get<ReleaseLimit>(
        typed({"release", "limit", "7", "--max-parallel", "none", "--max-parallel-per", "a=1"})
            .command);
    EXPECT_EQ(limit.max_parallel, "none");
    EXPECT_THAT(limit.max_parallel_per, ::testing::ElementsAre("a=1"));
    const auto wait = std::get<ReleaseWait>(
        typed({"release", "wait", "7", "--for", "batch:12", "--timeout", "60"}).command);
    EXPECT_EQ(wait.goal, "batch:12");
    EXPECT_EQ(wait.timeout_sec, 60);
    const auto events =
        std::get<ReleaseEvents>(typed({"release", "events", "7", "-f", "--after", "5"}).command);
    EXPECT_TRUE(events.is_followed);
    EXPECT_EQ(events.after, 5);
    EXPECT_EQ(std::get<ReleaseExplain>(typed({"release", "explain", "7"}).command).id, 7);
    EXPECT_TRUE(std::get<NodeList>(typed({"node", "list", "--drift"}).command).is_drift_only);
    EXPECT_TRUE(std::holds_alternative<Stats>(typed({"stats"}).command));
    const auto audit = std::get<AuditList>(
        typed({"audit", "--actor", "token:ann", "--object", "node:7", "--page", "2"}).command);
    EXPECT_EQ(audit.actor, "token:ann");
    EXPECT_EQ(audit.object, "node:7");
    EXPECT_EQ(audit.page, 2);
    EXPECT_EQ(audit.page_size, 20);
    EXPECT_THAT(ended({"audit", "--since", "yesterday"}).err, HasSubstr("--since"));
}

TEST(ParseCommandLine, reads_which_content_is_banned) {
    const std::string digest(64, 'a');
    const auto by_version = std::get<BanAdd>(
        typed({"ban", "add", "--version", "42", "--reason", "it broke eu"}).command);
    EXPECT_EQ(by_version.version, 42);
    EXPECT_EQ(by_version.sha256, "");
    EXPECT_EQ(by_version.reason, "it broke eu");
    EXPECT_EQ(
        std::get<BanAdd>(typed({"ban", "add", "--sha256", digest, "--reason", "x"}).command).sha256,
        digest);
    EXPECT_EQ(std::get<BanList>(typed({"ban", "list", "--page", "2"}).command).page, 2);
    EXPECT_EQ(std::get<BanRemove>(typed({"ban", "remove", digest}).command).sha256, digest);
    for (const auto& arguments : std::vector<std::vector<std::string>>{
             {"ban", "add", "--reason", "x"},
             {"ban", "add", "--version", "42", "--sha256", digest, "--reason", "x"}}) {
        EXPECT_THAT(ended(arguments).err, HasSubstr("give one of --version and --sha256"));
    }
    EXPECT_THAT(ended({"ban", "add", "--version", "42"}).err, HasSubstr("--reason is required"));
    EXPECT_THAT(ended({"ban", "add", "--sha256", "abc", "--reason", "x"}).err,
                HasSubstr("abc is not the digest of a content: 64 hex digits"));
    EXPECT_THAT(ended({"ban", "remove"}).err, HasSubstr("SHA256 is required"));
    EXPECT_THAT(ended({"ban"}).err, HasSubstr("say which: add, list or remove"));
}

TEST(ParseCommandLine, reads_how_reconciliation_is_looked_at_and_continued) {
    EXPECT_TRUE(
        std::holds_alternative<ReconciliationShow>(typed({"reconciliation", "show"}).command));
    const auto reason = [](const std::vector<std::string>& more) {
        std::vector<std::string> words{"reconciliation", "continue"};
        words.insert(words.end(), more.begin(), more.end());
        return std::get<ReconciliationContinue>(typed(words).command).reason;
    };
    EXPECT_EQ(reason({}), "");
    EXPECT_EQ(reason({"--reason", "disk replaced"}), "disk replaced");
    EXPECT_THAT(ended({"reconciliation"}).err, HasSubstr("say which: show or continue"));
    EXPECT_THAT(ended({"reconciliation", "continue", "7"}).err, HasSubstr("not understood: 7"));
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
             {"release", "show", "7", "--node", "edge-1"},
             {"release", "show", "1.5"},
             {"release", "list", "--page-size", "101"},
             {"release", "list", "surplus"},
             {"node", "add", "edge-1"},
             {"node", "add", "e", "1.2.3.4", "--port", "70000"},
             {"node", "add", "e", "1.2.3.4", "--label", "region"},
             {"node", "add", "e", "1.2.3.4", "--label", "a=1", "--label", "a=2"},
             {"release", "create", "--version", "0"},
             {"release", "create", "--version", "1", "--batch-size", "3", "--batch-percent", "10"},
             {"release", "create", "--version", "1", "--batches", "1,half"},
             {"release", "create", "--version", "1", "--batches", "rest,1"},
             {"release", "create", "--version", "1", "--batch-percent", "101"},
             {"release", "create", "--version", "1", "--label", "region"},
             {"release", "create", "--version", "1", "--max-parallel-per", "region=0"},
             {"release", "create", "--version", "1", "--max-parallel-per", "a=1",
              "--max-parallel-per", "a=2"},
             {"release", "create", "--version", "1", "--max-unreachable", "101%"},
             {"release", "create", "--version", "1", "--on-failure", "panic"},
             {"release", "create", "--version", "1", "--type", "dance"},
             {"release", "create", "--version", "1", "--not-before", "tomorrow"},
             {"release", "create", "--version", "1", "--plan", "abc"},
             {"release", "create", "--version", "1", "--idempotency-key", "a b"},
             {"release", "plan", "--watch"},
             {"release", "pause"},
             {"release", "pause", "7", "--yes"},
             {"release", "limit", "7"},
             {"release", "limit", "7", "--max-parallel", "0"},
             {"release", "limit", "7", "--max-parallel-per", "a=1", "--max-parallel-per", "none"},
             {"release", "wait", "7", "--for", "batch:0"},
             {"release", "wait", "7", "--for", "ever"},
             {"release", "wait", "7", "--timeout", "-1"},
             {"release", "events", "7", "--after", "-1"},
             {"completion"},
             {"completion", "fish"},
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

TEST(ParseCommandLine, demands_that_a_release_says_what_it_is_of) {
    for (const char* command : {"create", "plan"}) {
        for (const auto& more : std::vector<std::vector<std::string>>{
                 {},
                 {"--reason", "new cache rules", "--node", "edge-1"},
                 {"--type", "reload"},
                 {"--batch-config", "{}"}}) {
            std::vector<std::string> arguments{"release", command};
            arguments.insert(arguments.end(), more.begin(), more.end());
            const auto end = ended(arguments);
            EXPECT_EQ(end.status, ExitStatus::refused);
            for (const char* way : {"--version N", "--reload-only", "--from-release ID"})
                EXPECT_THAT(end.err, HasSubstr(way));
        }
        typed({"release", command, "--version", "42"});
        typed({"release", command, "--reload-only"});
        typed({"release", command, "--from-release", "7"});
    }
}

/// Every command with every option that takes a value, found in the command's --help, so that
/// options added later are tested too.
TEST(ParseCommandLine, refuses_a_value_that_is_not_there) {
    const std::vector<std::pair<std::vector<std::string>, std::vector<std::string>>> commands{
        {{"release", "list"},
         {"--status", "--type", "--created-by", "-q", "--query", "--sort", "--page",
          "--page-size"}},
        {{"release", "show", "7", "--steps"}, {"--node"}},
        {{"release", "watch", "7"}, {"--give-up-after"}},
        {{"release", "wait", "7"}, {"--for", "--timeout"}},
        {{"release", "events", "7"}, {"--after"}},
        {{"release", "pause", "7"}, {"--reason"}},
        {{"release", "continue", "7"}, {"--reason"}},
        {{"release", "stop", "7"}, {"--reason"}},
        {{"release", "retry", "7"}, {"--reason", "--node"}},
        {{"release", "rollback", "7"}, {"--reason"}},
        {{"release", "limit", "7"}, {"--reason", "--max-parallel", "--max-parallel-per"}},
        {{"release", "create", "--reload-only"},
         {"--version",
          "--type",
          "--from-release",
          "--reason",
          "--not-before",
          "--callback-url",
          "--plan",
          "--idempotency-key",
          "--batch-config",
          "--batch-size",
          "--batch-percent",
          "--batches",
          "--label",
          "--node",
          "--max-parallel",
          "--max-parallel-per",
          "--failure-threshold",
          "--max-batch-fail-rate",
          "--max-unreachable",
          "--retries",
          "--interval",
          "--on-failure"}},
        {{"config", "push", "site", "42"}, {"--note", "--template", "--secret"}},
        {{"node", "add", "edge-1", "10.0.0.7"}, {"--port", "--label", "--fingerprint"}},
        {{"ban", "add"}, {"--version", "--sha256", "--reason"}},
        {{"ban", "list"}, {"--page", "--page-size"}},
        {{"reconciliation", "continue"}, {"--reason"}},
        {{"audit"}, {"--actor", "--action", "--object", "--since", "--page", "--page-size"}},
        {{"stats"}, {"--url", "--token-file", "-o", "--output"}}};
    for (const auto& [command, options] : commands) {
        for (const std::string& option : options) {
            for (const char* value : {"", " ", "\t\n"}) {
                auto arguments = command;
                arguments.insert(arguments.end(), {option, value});
                const auto end = ended(arguments);
                EXPECT_EQ(end.status, ExitStatus::refused) << option;
                EXPECT_THAT(end.err, HasSubstr(option.substr(option.find_first_not_of('-'))));
                EXPECT_THAT(end.err, HasSubstr("is empty")) << option;
            }
            if (!option.starts_with("--")) continue;
            auto arguments = command;
            arguments.insert(arguments.end(), {option + "=", "7"});
            EXPECT_THAT(ended(arguments).err, HasSubstr(option + "= is empty"));
        }
        auto arguments = command;
        arguments.emplace_back("--help");
        const std::string help = ended(arguments).out;
        for (std::size_t at = help.find("\n  -"); at != std::string::npos;
             at = help.find("\n  -", at + 1)) {
            const std::string line = help.substr(at + 3, help.find('\n', at + 3) - at - 3);
            const std::string names = line.substr(0, line.find(' '));
            const std::string name = names.substr(names.find(',') + 1);
            const bool takes_value =
                line.size() > names.size() + 1 && line[names.size() + 1] != ' ';
            if (!takes_value) continue;
            EXPECT_NE(std::find(options.begin(), options.end(), name), options.end())
                << name << " of " << command[0] << " is not tried";
        }
    }
    for (const auto& arguments : std::vector<std::vector<std::string>>{
             {"release", "show", ""},
             {"config", "push", "", "42"},
             {"config", "push", "site", ""},
             {"node", "add", "", "10.0.0.7"},
             {"node", "add", "edge-1", " "},
             {"ban", "remove", ""},
             {"release", "retry", "7", "--node", "edge-1", "--node", ""}}) {
        EXPECT_THAT(ended(arguments).err, HasSubstr("is empty"));
    }
    for (const auto& command : std::vector<std::vector<std::string>>{
             {"release", "create", "--version", "42"}, {"node", "add", "edge-1", "10.0.0.7"}}) {
        auto arguments = command;
        arguments.insert(arguments.end(), {"--label", "region="});
        EXPECT_THAT(ended(arguments).err, HasSubstr("region= is not NAME=VALUE"));
    }
}

TEST(ParseCommandLine, has_help_with_an_example_for_every_command) {
    for (const auto& command :
         std::vector<std::vector<std::string>>{{},
                                               {"release", "list"},
                                               {"release", "show"},
                                               {"release", "watch"},
                                               {"release", "create"},
                                               {"release", "plan"},
                                               {"release", "pause"},
                                               {"release", "continue"},
                                               {"release", "stop"},
                                               {"release", "retry"},
                                               {"release", "rollback"},
                                               {"release", "limit"},
                                               {"release", "wait"},
                                               {"release", "events"},
                                               {"release", "explain"},
                                               {"stats"},
                                               {"audit"},
                                               {"config", "push"},
                                               {"node", "list"},
                                               {"node", "add"},
                                               {"ban", "add"},
                                               {"ban", "list"},
                                               {"ban", "remove"},
                                               {"reconciliation", "show"},
                                               {"reconciliation", "continue"}}) {
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
