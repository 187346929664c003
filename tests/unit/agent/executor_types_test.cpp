// reload and purge_cache.
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

release::wire::Dispatch task_of(const std::string& type, std::int64_t version,
                                std::string payload_text = "{}") {
    auto dispatch = dispatch_of(version, std::move(payload_text));
    dispatch.type = release::from_text<release::TaskType>(type).value();
    dispatch.task_id = type + "_127.0.0.1_" + std::to_string(version);
    return dispatch;
}

TEST(ExecutorReload, reloads_and_proves_what_is_live) {
    const TemporaryFolder root;
    ExecutorSettings settings;
    settings.commands.reload = "echo reload $EDGEROLL_VERSION $(basename $EDGEROLL_STAGED)";
    settings.commands.verify = "echo verify";
    settings.commands.verify_url = "http://server/edgeroll-version";
    Edge edge(root, settings);
    ASSERT_EQ(edge.apply(dispatch_of(5, payload({{"a", "5"}}))).status, TaskStatus::success);
    const int asked = edge.prober().count();
    const auto report = edge.apply(task_of("reload", 3));
    EXPECT_EQ(report.status, TaskStatus::success) << report.last_error;
    EXPECT_EQ(report.type, release::TaskType::reload);
    EXPECT_EQ(report.progress, 100);
    EXPECT_THAT(step_names(report), ElementsAre("reload", "verify"));
    EXPECT_EQ(report.steps[0].output, "reload 5 5\n");
    EXPECT_THAT(report.steps[1].output, HasSubstr("answers 5"));
    EXPECT_GT(edge.prober().count(), asked);
    EXPECT_EQ(root.link("live"), "versions/5");
    EXPECT_EQ(edge.state().applied_version, release::Version{5});
}

TEST(ExecutorReload, works_before_there_is_any_version_and_fails_as_the_command_does) {
    const TemporaryFolder root;
    ExecutorSettings settings;
    settings.commands.reload = "echo no >&2; exit 4";
    settings.commands.verify_url = "http://server/edgeroll-version";
    Edge edge(root, settings);
    const auto report = edge.apply(task_of("reload", 1));
    EXPECT_EQ(report.status, TaskStatus::failed);
    EXPECT_EQ(report.last_error, "reload failed: exit status 4: no");
    EXPECT_THAT(step_names(report), ElementsAre("reload"));
    EXPECT_FALSE(root.has("live"));
}

TEST(ExecutorReload, fails_when_the_server_does_not_serve_the_applied_version) {
    const TemporaryFolder root;
    ExecutorSettings settings;
    settings.commands.reload = "true";
    settings.commands.verify_url = "http://server/edgeroll-version";
    settings.commands.timeout = Millis(200);
    bool is_broken = false;
    Edge edge(root, settings, [&] {
        return is_broken ? answers(502, "") : answers(200, root.read("live/edgeroll-version"));
    });
    ASSERT_EQ(edge.apply(dispatch_of(1, payload({{"a", "1"}}))).status, TaskStatus::success);
    is_broken = true;
    const auto report = edge.apply(task_of("reload", 2));
    EXPECT_EQ(report.status, TaskStatus::failed);
    EXPECT_THAT(report.last_error, HasSubstr("verify failed: AGENT_VERIFY_URL"));
    EXPECT_EQ(root.link("live"), "versions/1") << "there is nothing to put back";
}

TEST(ExecutorTypes, are_refused_with_the_setting_that_they_need) {
    const TemporaryFolder root;
    Edge edge(root);
    const std::vector<std::pair<release::wire::Dispatch, std::string>> cases{
        {task_of("reload", 1), "AGENT_RELOAD_CMD"},
        {task_of("purge_cache", 1), "AGENT_PURGE_CMD"},
        {task_of("run_job", 1, R"({"job":"a"})"), "AGENT_JOBS_DIR"}};
    for (const auto& [dispatch, setting] : cases) {
        const auto refused = edge.dispatch(dispatch);
        ASSERT_FALSE(refused) << setting;
        EXPECT_EQ(refused.error().code, code::invalid);
        EXPECT_THAT(refused.error().message, HasSubstr(setting));
        EXPECT_FALSE(edge.await(edge.executor().report(dispatch.task_id, Millis(0))));
    }
    EXPECT_THAT(edge.dispatch(task_of("reload", 1, R"({"job":"a"})")).error().message,
                HasSubstr("a reload has none"));
    EXPECT_FALSE(edge.dispatch(task_of("run_job", 1, R"({"job":"../a"})")));
    EXPECT_THAT(root.names("tasks"), ElementsAre("journal")) << "nothing is left of them";
}

TEST(ExecutorPurge, gives_the_command_its_payload_in_a_file) {
    const TemporaryFolder root;
    ExecutorSettings settings;
    settings.commands.purge =
        "cat \"$EDGEROLL_PAYLOAD\"; stat -c ' %a' \"$EDGEROLL_PAYLOAD\"; echo "
        "$EDGEROLL_TASK_ID $EDGEROLL_LABEL_REGION $EDGEROLL_PAYLOAD";
    Edge edge(root, settings);
    const std::string text = R"json({"all":false,"urls":["/a b","$(reboot)"]})json";
    const auto report = edge.apply(task_of("purge_cache", 4, text));
    ASSERT_EQ(report.status, TaskStatus::success) << report.last_error;
    EXPECT_EQ(report.type, release::TaskType::purge_cache);
    EXPECT_THAT(step_names(report), ElementsAre("purge"));
    EXPECT_THAT(report.steps[0].output, HasSubstr(text + " 600\n"));
    EXPECT_THAT(report.steps[0].output, HasSubstr("purge_cache_127.0.0.1_4 eu /"));
    EXPECT_TRUE(edge.until([&] { return root.names("tasks").size() == 1; }))
        << "the payload is removed afterwards";
    EXPECT_FALSE(root.has("live"));
    EXPECT_FALSE(root.has("contents"));
    EXPECT_EQ(edge.apply(task_of("purge_cache", 5)).steps.at(0).output.substr(0, 7), "{} 600\n");
}

TEST(ExecutorPurge, notices_that_its_payload_was_changed_on_the_disk) {
    const TemporaryFolder root;
    ExecutorSettings settings;
    settings.commands.purge = "while [ ! -e " + root.path("go") + " ]; do sleep 0.02; done";
    Edge edge(root, settings);
    ASSERT_TRUE(edge.dispatch(task_of("purge_cache", 1)));
    ASSERT_TRUE(edge.dispatch(task_of("purge_cache", 2, R"({"all":false})")));
    std::string waiting;
    for (const std::string& name : root.names("tasks")) {
        if (root.read("tasks/" + name) == R"({"all":false})") waiting = name;
    }
    ASSERT_NE(waiting, "");
    root.write("tasks/" + waiting, R"({"all":true})");
    root.write("go", "");
    const auto report = edge.finished("purge_cache_127.0.0.1_2");
    EXPECT_EQ(report.last_error,
              "purge failed: the task's payload was changed since it was "
              "accepted");
}

TEST(ExecutorTypes, have_times_of_their_own_when_the_dispatch_says_none) {
    const TemporaryFolder root;
    ExecutorSettings settings;
    settings.commands.purge = settings.commands.reload = "sleep 60";
    settings.purge_timeout = settings.reload_timeout = Millis(100);
    Edge edge(root, settings);
    for (const char* type : {"purge_cache", "reload"}) {
        const auto report = edge.apply(task_of(type, 1));
        EXPECT_EQ(report.status, TaskStatus::failed) << type;
        EXPECT_THAT(report.last_error, HasSubstr("the task's time was up, killed")) << type;
    }
    settings.commands.purge = "sleep 0.3";
    const TemporaryFolder other;
    Edge patient(other, settings);
    auto dispatch = task_of("purge_cache", 1);
    dispatch.timeout = Millis(60'000);
    EXPECT_EQ(patient.apply(dispatch).status, TaskStatus::success) << "the dispatch's time counts";
}

TEST(ExecutorTypes, are_not_bounded_by_the_time_of_commands) {
    const TemporaryFolder root;
    ExecutorSettings settings;
    settings.commands.timeout = Millis(100);
    settings.commands.purge = settings.commands.reload = settings.commands.verify = "sleep 0.4";
    Edge edge(root, settings);
    for (const char* type : {"purge_cache", "reload"}) {
        const auto report = edge.apply(task_of(type, 1));
        EXPECT_EQ(report.status, TaskStatus::success) << type << ": " << report.last_error;
    }
    const auto applied = edge.apply(dispatch_of(1, payload({{"a", "1"}})));
    EXPECT_EQ(applied.status, TaskStatus::failed);
    EXPECT_THAT(applied.last_error, HasSubstr("AGENT_COMMAND_TIMEOUT_SEC")) << "its commands are";
}

TEST(ExecutorTypes, are_cancelled_while_they_run) {
    for (const char* type : {"purge_cache", "reload"}) {
        const TemporaryFolder root;
        ExecutorSettings settings;
        settings.commands.purge = settings.commands.reload =
            "touch " + root.path("begun") + "; sleep 60";
        Edge edge(root, settings);
        const auto dispatch = task_of(type, 1);
        ASSERT_TRUE(edge.dispatch(dispatch));
        ASSERT_TRUE(edge.until([&] { return root.has("begun"); }));
        EXPECT_EQ(edge.await(edge.executor().cancel(dispatch.task_id)).value(),
                  TaskStatus::cancelled);
        const auto report = edge.finished(dispatch.task_id);
        EXPECT_THAT(report.last_error, ::testing::StartsWith("cancelled during ")) << type;
        EXPECT_EQ(report.steps[0].status, TaskStatus::cancelled);
    }
}

TEST(ExecutorTypes, show_their_progress_while_they_run) {
    const TemporaryFolder root;
    ExecutorSettings settings;
    settings.commands.check = "while [ ! -e " + root.path("go") + " ]; do sleep 0.02; done";
    Edge edge(root, settings);
    const auto dispatch = dispatch_of(1, payload({{"a", "1"}}));
    ASSERT_TRUE(edge.dispatch(dispatch));
    const auto progress = [&] {
        return edge.await(edge.executor().report(dispatch.task_id, Millis(0)))->progress;
    };
    EXPECT_TRUE(edge.until([&] { return progress() == 37; })) << progress();
    root.write("go", "");
    EXPECT_EQ(edge.finished(dispatch.task_id).progress, 100);
}

}  // namespace
}  // namespace edgeroll::agent
