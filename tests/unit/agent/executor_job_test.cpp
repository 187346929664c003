// run_job.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "release/crypto/sha256.hpp"
#include "tests/unit/agent/edge.hpp"

namespace edgeroll::agent {
namespace {

using namespace edgeroll::agent::testing;
using release::TaskStatus;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class Jobs : public ::testing::Test {
  protected:
    void add(const std::string& name, const std::string& text) const {
        folder_.write(name, "#!/bin/sh\n" + text + "\n", 0755);
    }
    [[nodiscard]] ExecutorSettings settings() const {
        ExecutorSettings made;
        made.commands.jobs_folder = folder_.path();
        made.commands.timeout = Millis(300);  // must not bound jobs
        return made;
    }
    static release::wire::Dispatch job(std::int64_t version, std::string text) {
        auto dispatch = dispatch_of(version, std::move(text));
        dispatch.type = release::TaskType::run_job;
        dispatch.task_id = "run_job_127.0.0.1_" + std::to_string(version);
        return dispatch;
    }

    TemporaryFolder root_, folder_;
};

TEST_F(Jobs, runs_one_with_its_arguments_and_environment) {
    add("show", R"sh(printf '[%s]' "$@"; echo; env; cat "$EDGEROLL_PAYLOAD")sh");
    ExecutorSettings made = settings();
    made.commands.job_variables = {"LANG"};
    Edge edge(root_, std::move(made));
    const std::string text = R"json({"args":["a b","$(id)","; rm -rf /","'"],)json"
                             R"json("env":{"JOB_MODE":"x y","LANG":"de"},"job":"show"})json";
    const auto report = edge.apply(job(1, text));
    ASSERT_EQ(report.status, TaskStatus::success) << report.last_error;
    EXPECT_EQ(report.type, release::TaskType::run_job);
    EXPECT_THAT(step_names(report), ElementsAre("job:show"));
    const std::string& output = report.steps[0].output;
    EXPECT_THAT(output, HasSubstr("[a b][$(id)][; rm -rf /][']\n"));
    EXPECT_THAT(output, HasSubstr("\nJOB_MODE=x y\n"));
    EXPECT_THAT(output, HasSubstr("\nLANG=de\n"));
    EXPECT_THAT(output, Not(HasSubstr("LANG=C")));
    EXPECT_THAT(output, HasSubstr("\nEDGEROLL_JOB=show\n"));
    EXPECT_THAT(output, HasSubstr("\nEDGEROLL_LABEL_REGION=eu\n"));
    EXPECT_THAT(output, HasSubstr(text));
    EXPECT_TRUE(edge.until([&] { return root_.names("tasks").size() == 1; }));
}

TEST_F(Jobs, sets_no_variable_that_the_node_does_not_list) {
    add("pack", "tar --version; touch " + root_.path("ran"));
    ExecutorSettings made = settings();
    made.commands.job_variables = {"LANG"};
    Edge edge(root_, std::move(made));
    const auto refused = edge.dispatch(job(
        1,
        R"({"flow":[{"job":"pack"},{"job":"pack","env":{"TAR_OPTIONS":"--checkpoint-action=exec=id"}}]})"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, release::code::invalid);
    EXPECT_EQ(refused.error().message,
              "payload: job pack: variable 'TAR_OPTIONS' may not be set on this node: rename it to "
              "JOB_TAR_OPTIONS, or list it in the node's AGENT_JOB_ENV");
    EXPECT_FALSE(root_.has("ran"));
    EXPECT_TRUE(edge.dispatch(job(2, R"({"env":{"JOB_X":"1","LANG":"de"},"job":"pack"})")));
}

TEST_F(Jobs, runs_a_flow_in_order_until_the_first_failure) {
    add("one", "echo one $1 >>" + root_.path("trace"));
    add("two", "echo two >>" + root_.path("trace") + "; echo why >&2; exit 3");
    Edge edge(root_, settings());
    const auto report =
        edge.apply(job(1, R"({"flow":[{"job":"one","args":["a"]},{"job":"one","args":["b"]},)"
                          R"({"job":"two"},{"job":"one"}]})"));
    EXPECT_EQ(report.status, TaskStatus::failed);
    EXPECT_EQ(report.last_error, "job:two failed: exit status 3: why");
    EXPECT_THAT(step_names(report), ElementsAre("job:one", "job:one", "job:two"));
    EXPECT_EQ(report.steps[2].exit_code, 3);
    EXPECT_EQ(report.progress, 50);
    EXPECT_EQ(root_.read("trace"), "one a\none b\ntwo\n");
}

TEST_F(Jobs, shows_progress_by_the_jobs_that_are_done) {
    add("wait", "while [ ! -e " + root_.path("go") + " ]; do sleep 0.02; done");
    add("quick", "exit 0");
    Edge edge(root_, settings());
    const auto dispatch = job(1, R"({"flow":[{"job":"quick"},{"job":"wait"}]})");
    ASSERT_TRUE(edge.dispatch(dispatch));
    std::optional<release::wire::TaskReport> report;
    EXPECT_TRUE(edge.until([&] {
        report = edge.await(edge.executor().report(dispatch.task_id, Millis(0)));
        return report->progress == 50;
    }));
    EXPECT_THAT(step_names(*report), ElementsAre("job:quick", "job:wait"));
    EXPECT_EQ(report->steps[1].status, TaskStatus::running);
    root_.write("go", "");
    EXPECT_EQ(edge.finished(dispatch.task_id).progress, 100);
}

TEST_F(Jobs, may_take_longer_than_other_commands_but_not_than_their_own_time) {
    add("slow", "sleep 0.6");
    add("endless", "sleep 60");
    Edge edge(root_, settings());
    EXPECT_EQ(edge.apply(job(1, R"({"job":"slow"})")).status, TaskStatus::success);
    const auto own = edge.apply(job(2, R"({"job":"endless","timeoutSec":0.2})"));
    EXPECT_EQ(own.last_error,
              "job:endless failed: not finished after 0.2 s (the job's timeoutSec), killed");
    auto dispatch = job(3, R"({"job":"endless"})");
    dispatch.timeout = Millis(200);
    EXPECT_EQ(edge.apply(dispatch).last_error,
              "job:endless failed: the task's time was up, killed");
}

TEST_F(Jobs, keeps_64_KiB_of_both_ends_of_what_a_job_said) {
    add("talk", "echo the cause; yes 0123456789 | head -c 300000; echo the end");
    Edge edge(root_, settings());
    const auto report = edge.apply(job(1, R"({"job":"talk"})"));
    ASSERT_EQ(report.steps.size(), 1U);
    EXPECT_EQ(report.steps[0].output.size(), 65536U);
    EXPECT_TRUE(report.steps[0].output.starts_with("the cause\n"));
    EXPECT_TRUE(report.steps[0].output.ends_with("the end\n"));
}

TEST_F(Jobs, refuses_another_program_than_the_payload_means) {
    add("job", "echo ran >" + root_.path("trace"));
    Edge edge(root_, settings());
    const auto wrong =
        edge.apply(job(1, R"({"job":"job","sha256":")" + std::string(64, 'a') + R"("})"));
    EXPECT_EQ(wrong.status, TaskStatus::failed);
    EXPECT_THAT(wrong.last_error,
                HasSubstr("job:job failed: " + folder_.path("job") + " has the digest "));
    EXPECT_FALSE(root_.has("trace"));
    const std::string right = release::sha256_hex(folder_.read("job"));
    EXPECT_EQ(edge.apply(job(2, R"({"job":"job","sha256":")" + right + R"("})")).status,
              TaskStatus::success);
    EXPECT_TRUE(root_.has("trace"));
}

TEST_F(Jobs, is_cancelled_with_all_that_it_started) {
    add("job", "(while :; do echo >>" + root_.path("trace") + "; sleep 0.02; done) & wait");
    Edge edge(root_, settings());
    const auto dispatch = job(1, R"({"flow":[{"job":"job"},{"job":"job"}]})");
    ASSERT_TRUE(edge.dispatch(dispatch));
    ASSERT_TRUE(edge.until([&] { return root_.has("trace"); }));
    EXPECT_EQ(edge.await(edge.executor().cancel(dispatch.task_id)).value(), TaskStatus::cancelled);
    const auto report = edge.finished(dispatch.task_id);
    EXPECT_EQ(report.last_error, "cancelled during job:job");
    EXPECT_EQ(report.steps.size(), 1U);
    const auto size = root_.read("trace").size();
    const auto end = edge.clock().now() + Millis(200);
    (void)edge.until([&] { return edge.clock().now() >= end; });
    EXPECT_EQ(root_.read("trace").size(), size) << "a child of the job still runs";
}

TEST_F(Jobs, waits_its_turn_behind_a_configuration) {
    add("job", "cat " + root_.path("live/a"));
    Edge edge(root_, settings());
    ASSERT_TRUE(edge.dispatch(dispatch_of(9, payload({{"a", "9"}}))));
    const auto report = edge.apply(job(3, R"({"job":"job"})"));
    EXPECT_EQ(report.status, TaskStatus::success) << report.last_error;
    EXPECT_EQ(report.steps[0].output, "9");
    EXPECT_EQ(edge.state().applied_version, release::Version{9});
}

TEST_F(Jobs, that_ran_when_the_agent_was_stopped_have_failed) {
    add("job", "echo >>" + root_.path("trace") + "; sleep 60");
    const auto dispatch = job(1, R"({"job":"job"})");
    {
        Edge edge(root_, settings());
        ASSERT_TRUE(edge.dispatch(dispatch));
        ASSERT_TRUE(edge.until([&] { return root_.has("trace") && root_.read("trace") == "\n"; }));
        edge.await(edge.executor().stop());
    }
    Edge edge(root_, settings());
    const auto report = edge.finished(dispatch.task_id);
    EXPECT_EQ(report.status, TaskStatus::failed);
    EXPECT_EQ(report.last_error, "job:job failed: the agent was stopped");
    EXPECT_EQ(edge.dispatch(dispatch).value(), TaskStatus::failed);
    EXPECT_EQ(root_.read("trace"), "\n");
}

TEST_F(Jobs, that_ran_when_the_agent_was_killed_have_failed_and_never_run_again) {
    add("job", "echo >>" + root_.path("trace") + "; sleep 60");
    const auto dispatch = job(1, R"({"flow":[{"job":"job"},{"job":"job"}]})");
    const pid_t child = ::fork();
    if (child == 0) {
        Edge edge(root_, settings());
        (void)edge.dispatch(dispatch);
        (void)edge.until([&] { return root_.has("trace") && root_.read("trace") == "\n"; });
        ::_exit(77);  // no destructor, no stop: like kill -9
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 77);
    Edge edge(root_, settings());
    const auto report = edge.finished(dispatch.task_id);
    EXPECT_EQ(report.status, TaskStatus::failed);
    EXPECT_EQ(report.last_error, "the agent was restarted during job 1 of 2");
    EXPECT_THAT(step_names(report), ElementsAre("job:job"));
    EXPECT_EQ(report.steps[0].output, "the agent was restarted");
    EXPECT_EQ(edge.dispatch(dispatch).value(), TaskStatus::failed);
    EXPECT_EQ(root_.read("trace"), "\n") << "it ran once";
    EXPECT_EQ(edge.apply(dispatch_of(2, payload({{"a", "2"}}))).status, TaskStatus::success);
    EXPECT_TRUE(edge.until([&] { return root_.names("tasks").size() == 1; }))
        << "no payload is left";
}

/// Every accepted task is known after a restart.
TEST_F(Jobs, are_read_back_with_the_largest_labels_that_are_taken) {
    // Each of these bytes takes six bytes in the journal.
    add("one", "head -c 200000 /dev/zero | tr '\\0' '\\1'; exit 3");
    std::int64_t taken = 0;
    for (const std::size_t size : {std::size_t{65'535}, std::size_t{5} << 20}) {
        auto sent = job(taken + 1, R"({"job":"one"})");
        sent.labels = {{"a", std::string(size, '"')}};
        sent.node_name = std::string(1'020, '"');
        sent.node_ip = std::string(255, '"');
        const auto read = release::wire::read_dispatch(release::wire::write_dispatch(sent));
        if (!read) continue;
        ++taken;
        std::string before;
        {
            Edge edge(root_, settings());
            before = release::wire::write_task_report(edge.apply(*read));
        }
        Edge edge(root_, settings());
        const auto after = edge.await(edge.executor().report(sent.task_id, Millis(0)));
        ASSERT_TRUE(after) << size << " bytes of labels were taken, and the task is forgotten";
        EXPECT_EQ(after->status, TaskStatus::failed);
        EXPECT_EQ(release::wire::write_task_report(*after), before);
    }
    EXPECT_EQ(taken, 1);
}

}  // namespace
}  // namespace edgeroll::agent
