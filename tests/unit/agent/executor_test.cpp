#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/agent/edge.hpp"

namespace edgeroll::agent {
namespace {

using namespace edgeroll::agent::testing;
using release::TaskStatus;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
namespace code = release::code;

const std::vector<std::string> all_steps{"validate", "stage",  "preinstall", "check",
                                         "switch",   "reload", "verify",     "postinstall"};

ExecutorSettings with_commands(std::string check, std::string reload = "",
                               std::string verify = "") {
    ExecutorSettings settings;
    settings.commands.check = std::move(check);
    settings.commands.reload = std::move(reload);
    settings.commands.verify = std::move(verify);
    settings.commands.timeout = Millis(10'000);
    settings.commands.verify_pace.repeat_for = Millis(300);
    return settings;
}

TEST(Executor, puts_a_version_live_step_by_step) {
    const TemporaryFolder root;
    Edge edge(root, with_commands("cat $EDGEROLL_STAGED/conf.d/a.conf; exit 0"));
    const auto report = edge.apply(dispatch_of(1, numbered_payload(1)));
    EXPECT_EQ(report.status, TaskStatus::success);
    EXPECT_EQ(report.progress, 100);
    EXPECT_EQ(report.last_error, "");
    EXPECT_EQ(step_names(report), all_steps);
    EXPECT_EQ(report.steps[3].output, "1");
    EXPECT_EQ(report.steps[3].exit_code, 0);
    for (const auto& step : report.steps) {
        EXPECT_EQ(step.status, TaskStatus::success) << step.name;
        EXPECT_THAT(step.finished_at, ::testing::MatchesRegex("....-..-..T..:..:..[.]...Z"));
        EXPECT_LE(step.started_at, step.finished_at);
    }
    EXPECT_EQ(root.link("live"), "versions/1");
    EXPECT_EQ(root.read("live/conf.d/a.conf"), "1");
    EXPECT_EQ(root.read("live/edgeroll-version"), "1\n");
    EXPECT_THAT(root.read("live/edgeroll-version.conf"),
                HasSubstr("location = /edgeroll-version {"));
    EXPECT_TRUE(edge.until([&] { return root.names("staging").empty(); }));
    EXPECT_TRUE(edge.until([&] { return root.names("tasks").size() == 1; })) << "the journal only";
    const auto state = edge.state();
    EXPECT_EQ(state.applied_version, release::Version{1});
    EXPECT_EQ(state.sha256, digest(numbered_payload(1)));
    EXPECT_THAT(state.versions, ElementsAre(release::Version{1}));
}

TEST(Executor, tells_what_has_looked_at_the_content_also_after_a_restart) {
    const TemporaryFolder root;
    auto settings = with_commands("exit 0", "exit 0", "exit 0");
    settings.commands.verify_url = "http://server/edgeroll-version";
    settings.commands.verify_pace.steady_for = Millis(1);
    {
        Edge edge(root, settings);
        EXPECT_EQ(edge.apply(dispatch_of(1, numbered_payload(1))).evidence,
                  "check,verify_cmd,verify_url");
    }
    Edge again(root, with_commands("", "exit 0"));
    EXPECT_EQ(again.finished("apply_config_127.0.0.1_1").evidence, "check,verify_cmd,verify_url");
    EXPECT_EQ(again.apply(dispatch_of(2, numbered_payload(2))).evidence, "") << "nobody has looked";
}

TEST(Executor, does_not_say_what_looked_where_no_step_could) {
    const TemporaryFolder root;
    Edge edge(root, with_commands("exit 0", "exit 0", "exit 0"));
    ASSERT_EQ(edge.apply(dispatch_of(1, numbered_payload(1))).status, TaskStatus::success);
    auto again = dispatch_of(1, numbered_payload(1));
    again.task_id += "_2";  // the version is live: nothing is done again
    const auto report = edge.apply(again);
    ASSERT_EQ(report.status, TaskStatus::success);
    EXPECT_TRUE(report.steps.empty());
    EXPECT_EQ(report.evidence, std::nullopt);
}

TEST(Executor, counts_no_look_that_failed) {
    const TemporaryFolder root;
    Edge edge(root, with_commands("exit 0", "exit 0", "exit 1"));
    const auto report = edge.apply(dispatch_of(1, numbered_payload(1)));
    EXPECT_EQ(report.status, TaskStatus::failed);
    EXPECT_EQ(report.evidence, "check");
}

TEST(Executor, tells_commands_what_they_are_about) {
    const TemporaryFolder root;
    const std::string line =
        "echo $EDGEROLL_STAGED $EDGEROLL_LIVE $EDGEROLL_VERSION $EDGEROLL_TASK_ID "
        "$EDGEROLL_LABEL_REGION; pwd; test -f $EDGEROLL_STAGED/edgeroll-version.conf";
    Edge edge(root, with_commands(line, line, line));
    const auto report = edge.apply(dispatch_of(7, numbered_payload(7)));
    ASSERT_EQ(report.status, TaskStatus::success) << report.last_error;
    // All steps have the same working directory: a relative path must resolve alike in every step.
    const auto expected = [&](const std::string& staged) {
        return root.path(staged) + " " + root.path("live") + " 7 apply_config_127.0.0.1_7 eu\n/\n";
    };
    EXPECT_EQ(report.steps[3].output, expected("staging/7"));
    EXPECT_EQ(report.steps[5].output, expected("versions/7"));
    EXPECT_EQ(report.steps[6].output, expected("versions/7"));
}

TEST(Executor, leaves_the_node_as_it_was_when_the_check_fails) {
    const TemporaryFolder root;
    Edge edge(root, with_commands("grep -q 1 $EDGEROLL_STAGED/conf.d/a.conf || "
                                  "{ echo unknown directive; exit 1; }",
                                  "echo $EDGEROLL_VERSION >>" + root.path("reloads")));
    edge.apply(dispatch_of(1, numbered_payload(1)));
    const auto report = edge.apply(dispatch_of(2, numbered_payload(2)));
    EXPECT_EQ(report.status, TaskStatus::failed);
    EXPECT_EQ(report.last_error, "check failed: exit status 1: unknown directive");
    EXPECT_EQ(report.steps.back().exit_code, 1);
    EXPECT_EQ(report.steps.back().status, TaskStatus::failed);
    EXPECT_EQ(root.link("live"), "versions/1");
    EXPECT_EQ(root.read("reloads"), "1\n") << "nothing was reloaded";
    EXPECT_TRUE(edge.until([&] { return root.names("staging").empty(); }));
    EXPECT_THAT(root.names("versions"), ElementsAre("1"));
    EXPECT_EQ(edge.apply(dispatch_of(11, numbered_payload(11))).status, TaskStatus::success);
}

TEST(Executor, puts_the_previous_version_back_when_a_step_after_the_switch_fails) {
    const TemporaryFolder root, hooks;
    hooks.write("rollback", "#!/bin/sh\necho rollback $EDGEROLL_FAILED_STEP $EDGEROLL_VERSION\n",
                0755);
    auto settings =
        with_commands("", "echo reload $EDGEROLL_VERSION", "test $EDGEROLL_VERSION = 1");
    settings.commands.hooks_folder = hooks.path();
    Edge edge(root, settings);
    ASSERT_EQ(edge.apply(dispatch_of(1, numbered_payload(1))).status, TaskStatus::success);
    const auto report = edge.apply(dispatch_of(2, numbered_payload(2)));
    EXPECT_EQ(report.status, TaskStatus::failed);
    EXPECT_EQ(report.last_error, "verify failed: exit status 1");
    EXPECT_LT(report.progress, 100);
    ASSERT_THAT(step_names(report),
                ElementsAre("validate", "stage", "preinstall", "check", "switch", "reload",
                            "verify", "put_back", "reload_back", "verify_back", "rollback"));
    EXPECT_EQ(report.steps[8].output, "reload 1\n");
    EXPECT_EQ(report.steps[10].output, "rollback verify 2\n");
    EXPECT_EQ(root.link("live"), "versions/1");
    EXPECT_TRUE(edge.until([&] { return root.names("versions").size() == 1; }));
    EXPECT_EQ(edge.state().applied_version, release::Version{1});
}

TEST(Executor, removes_live_when_the_first_version_fails) {
    const TemporaryFolder root;
    Edge edge(root, with_commands("", "test -e $EDGEROLL_LIVE && exit 1; exit 0"));
    const auto report = edge.apply(dispatch_of(1, numbered_payload(1)));
    EXPECT_EQ(report.status, TaskStatus::failed);
    EXPECT_FALSE(root.has("live"));
    EXPECT_TRUE(edge.until([&] { return root.names("versions").empty(); }));
    EXPECT_EQ(edge.state().applied_version, std::nullopt);
}

TEST(Executor, runs_hooks_and_says_when_one_cannot_be_run) {
    const TemporaryFolder root, hooks;
    hooks.write("preinstall", "#!/bin/sh\necho pre; pwd\n", 0755);
    hooks.write("postinstall", "#!/bin/sh\necho post\n", 0644);
    auto settings = with_commands("");
    settings.commands.hooks_folder = hooks.path();
    Edge edge(root, settings);
    const auto report = edge.apply(dispatch_of(1, numbered_payload(1)));
    EXPECT_EQ(report.steps[2].output, "pre\n/\n");
    EXPECT_EQ(report.status, TaskStatus::failed);
    EXPECT_THAT(report.last_error, HasSubstr("postinstall is not executable: chmod +x"));
}

TEST(Executor, refuses_what_does_not_fit_at_the_dispatch) {
    const TemporaryFolder root;
    Edge edge(root);
    auto wrong = dispatch_of(1, numbered_payload(1));
    wrong.sha256 = std::string(64, '0');
    auto refused = edge.dispatch(wrong);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, code::invalid);
    EXPECT_THAT(refused.error().message, HasSubstr(digest(numbered_payload(1))));
    EXPECT_EQ(edge.dispatch(dispatch_of(1, payload({{"../x", ""}}))).error().code, code::invalid);
    auto literal = dispatch_of(1, payload({{"a", "${node.name}"}}));
    literal.sha256 = digest(payload({{"a", "${node.name}"}}));
    literal.content_sha256 = digest(payload({{"a", "${node.name}"}}, true));
    refused = edge.dispatch(literal);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("as field 'contentSha256' says"));
    EXPECT_THAT(root.names("tasks"), ElementsAre("journal")) << "nothing else was written";
    auto right = dispatch_of(5, numbered_payload(5));
    right.sha256 = digest(numbered_payload(5));
    EXPECT_EQ(edge.apply(right).status, TaskStatus::success);
    EXPECT_EQ(edge.dispatch(dispatch_of(4, numbered_payload(4))).error().code, code::wrong_state);
    EXPECT_EQ(edge.dispatch(dispatch_of(5, numbered_payload(6), "_2")).error().code,
              code::wrong_state);
    EXPECT_EQ(edge.dispatch(right).value(), TaskStatus::success) << "the same task id";
    EXPECT_EQ(edge.dispatch(dispatch_of(5, numbered_payload(5), "_2")).value(),
              TaskStatus::success);
    EXPECT_EQ(edge.finished("apply_config_127.0.0.1_5_2").steps.size(), 0U) << "nothing was run";
}

TEST(Executor, takes_the_digest_of_either_rule) {
    const TemporaryFolder root;
    Edge edge(root);
    const std::string text = payload({{"a", "${node.name}"}}, true);
    auto by_an_older_control = dispatch_of(1, text);
    by_an_older_control.sha256 = plain_digest(text);
    EXPECT_EQ(edge.apply(by_an_older_control).status, TaskStatus::success);
    EXPECT_EQ(edge.state().sha256, digest(text));
    auto newer = dispatch_of(2, text);
    newer.sha256 = plain_digest(text);
    newer.content_sha256 = digest(text);
    EXPECT_EQ(edge.apply(newer).status, TaskStatus::success);
    newer.task_id += "_2";
    EXPECT_EQ(edge.dispatch(newer).value(), TaskStatus::success) << "the same content again";
}

TEST(Executor, fills_in_templates_and_fails_on_an_unknown_name) {
    const TemporaryFolder root;
    Edge edge(root);
    const auto text = [](const std::string& body) { return payload({{"a", body}}, true); };
    EXPECT_EQ(edge.apply(dispatch_of(1, text("${node.name} ${node.ip} ${label.region}"))).status,
              TaskStatus::success);
    EXPECT_EQ(root.read("live/a"), "edge-1 127.0.0.1 eu");
    const auto report = edge.apply(dispatch_of(2, text("${label.nothing}")));
    EXPECT_EQ(report.status, TaskStatus::failed);
    EXPECT_THAT(report.last_error, HasSubstr("label.nothing"));
    auto nameless = dispatch_of(3, text("${node.name}"));
    nameless.node_name.clear();
    EXPECT_EQ(edge.apply(nameless).status, TaskStatus::failed);
    EXPECT_EQ(root.link("live"), "versions/1");
}

TEST(Executor, only_reloads_without_content) {
    const TemporaryFolder root;
    auto settings = with_commands("exit 1", "echo reload $EDGEROLL_VERSION");
    Edge edge(root, settings);
    auto report = edge.apply(dispatch_of(3, "{}"));
    EXPECT_EQ(report.status, TaskStatus::success) << report.last_error;
    EXPECT_THAT(step_names(report), ElementsAre("reload", "verify", "postinstall"));
    EXPECT_FALSE(root.has("live"));
    EXPECT_EQ(edge.state().applied_version, std::nullopt);
}

TEST(Executor, keeps_the_applied_version_through_a_reload_and_proves_it) {
    const TemporaryFolder root;
    auto settings = with_commands("", "echo reload $EDGEROLL_VERSION");
    settings.commands.verify_url = "http://server/edgeroll-version";
    Edge edge(root, settings);
    edge.apply(dispatch_of(3, numbered_payload(3)));
    const auto report = edge.apply(dispatch_of(9, "{}"));
    EXPECT_EQ(report.status, TaskStatus::success) << report.last_error;
    EXPECT_EQ(report.steps[0].output, "reload 3\n");
    EXPECT_THAT(report.steps[1].output, HasSubstr("answers 3"));
    EXPECT_EQ(edge.state().applied_version, release::Version{3});
}

TEST(Executor, asks_the_server_before_and_after_the_verify_command) {
    const TemporaryFolder root;
    int calls = 0;
    const std::string ran = root.path("ran");
    auto settings = with_commands("", "", "echo >>" + ran + "; [ $(wc -l <" + ran + ") != 1 ]");
    settings.commands.verify_url = "http://server/edgeroll-version";
    bool was_old = false;
    Edge edge(root, settings, [&] {
        ++calls;
        if (calls == 1) {
            EXPECT_FALSE(root.has("ran")) << "the command would judge an old worker";
            return answers(200, "0");
        }
        if (root.has("ran") && !was_old) {  // an old worker: the command may have met it
            was_old = true;
            return answers(503, "1");
        }
        return answers(200, " 1 \n");
    });
    const auto report = edge.apply(dispatch_of(1, numbered_payload(1)));
    EXPECT_EQ(report.status, TaskStatus::success) << report.last_error;
    EXPECT_EQ(root.read("ran"), "\n\n") << "its first failure was not the version's";
    EXPECT_EQ(report.steps[6].exit_code, 0);
    EXPECT_THAT(report.steps[6].output, HasSubstr("answers 1"));
}

TEST(Executor, puts_back_when_the_server_never_shows_the_version) {
    const TemporaryFolder root;
    auto settings = with_commands("");
    settings.commands.verify_url = "http://server/edgeroll-version";
    settings.commands.timeout = Millis(400);
    Edge edge(root, settings, [] { return answers(200, "1"); });
    EXPECT_EQ(edge.apply(dispatch_of(1, numbered_payload(1))).status, TaskStatus::success);
    const auto report = edge.apply(dispatch_of(2, numbered_payload(2)));
    EXPECT_EQ(report.status, TaskStatus::failed);
    EXPECT_THAT(report.last_error, HasSubstr("does not answer version 2; its last answer was '1'"));
    EXPECT_THAT(report.last_error, ::testing::Not(HasSubstr("verify_back")));
    EXPECT_EQ(root.link("live"), "versions/1");
}

TEST(Executor, keeps_as_many_old_versions_as_told) {
    const TemporaryFolder root;
    auto settings = with_commands("");
    settings.keep_versions = 2;
    Edge edge(root, settings);
    for (int i = 1; i <= 5; ++i)
        edge.apply(dispatch_of(i, numbered_payload(i)));
    EXPECT_TRUE(edge.until([&] { return root.names("versions").size() == 3; }));
    EXPECT_THAT(root.names("versions"), ElementsAre("3", "4", "5"));
    EXPECT_TRUE(edge.until([&] { return root.names("staging").empty(); }));
}

TEST(Executor, takes_no_more_than_the_queue_holds_and_runs_in_order) {
    const TemporaryFolder root;
    auto settings = with_commands("", "sleep 0.05; echo $EDGEROLL_VERSION >>" + root.path("log"));
    settings.queue_max = 2;
    Edge edge(root, settings);
    for (int i = 1; i <= 3; ++i)
        EXPECT_TRUE(edge.dispatch(dispatch_of(i, numbered_payload(i))));
    const auto refused = edge.dispatch(dispatch_of(4, numbered_payload(4)));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, code::busy);
    EXPECT_EQ(edge.finished("apply_config_127.0.0.1_3").status, TaskStatus::success);
    EXPECT_EQ(root.read("log"), "1\n2\n3\n");
}

TEST(Executor, answers_an_unknown_task_with_nothing) {
    const TemporaryFolder root;
    Edge edge(root);
    EXPECT_FALSE(edge.await(edge.executor().report("nobody", Millis(10'000))));
}

}  // namespace
}  // namespace edgeroll::agent
