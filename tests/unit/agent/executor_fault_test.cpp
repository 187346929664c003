// Time limits, cancelling, stopping, full disks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>

#include "tests/unit/agent/edge.hpp"

namespace edgeroll::agent {
namespace {

using namespace edgeroll::agent::testing;
using release::TaskStatus;
using ::testing::HasSubstr;
namespace code = release::code;

const std::string first_task = "apply_config_127.0.0.1_1";
const std::string second_task = "apply_config_127.0.0.1_2";

ExecutorSettings with_check(std::string check, Millis timeout = Millis(20'000)) {
    ExecutorSettings settings;
    settings.commands.check = std::move(check);
    settings.commands.timeout = timeout;
    return settings;
}

bool is_in_step(Edge& edge, const std::string& task_id, const std::string& step) {
    const auto report = edge.await(edge.executor().report(task_id, Millis(0)));
    return report && !report->steps.empty() && report->steps.back().name == step;
}

TEST(ExecutorTime, kills_a_command_that_takes_too_long) {
    const TemporaryFolder root;
    Edge edge(root, with_check("echo waiting; sleep 60", Millis(300)));
    const auto report = edge.apply(dispatch_of(1, numbered_payload(1)));
    EXPECT_EQ(report.status, TaskStatus::failed);
    EXPECT_EQ(
        report.last_error,
        "check failed: not finished after 0.3 s (AGENT_COMMAND_TIMEOUT_SEC), killed: waiting");
    EXPECT_EQ(report.steps.back().output, "waiting\n");
}

TEST(ExecutorTime, counts_the_tasks_time_from_its_receipt) {
    const TemporaryFolder root;
    Edge edge(root, with_check("sleep 60"));
    auto running = dispatch_of(1, numbered_payload(1));
    running.timeout = Millis(700);
    auto waiting = dispatch_of(2, numbered_payload(2));
    waiting.timeout = Millis(300);
    ASSERT_TRUE(edge.dispatch(running));
    ASSERT_TRUE(edge.dispatch(waiting));
    EXPECT_TRUE(edge.until([&] { return is_in_step(edge, first_task, "check"); }));
    EXPECT_TRUE(edge.until([&] {
        edge.executor().tick();
        return edge.await(edge.executor().report(second_task, Millis(0)))->status ==
               TaskStatus::failed;
    })) << "while the other one still runs";
    EXPECT_EQ(edge.finished(second_task).last_error, "the task's time was up while it was waiting");
    const auto report = edge.finished(first_task);
    EXPECT_EQ(report.status, TaskStatus::failed);
    EXPECT_THAT(report.last_error, HasSubstr("the task's time was up, killed"));
}

TEST(ExecutorCancel, kills_what_runs_before_the_switch) {
    const TemporaryFolder root;
    Edge edge(root, with_check("sleep 60"));
    ASSERT_TRUE(edge.dispatch(dispatch_of(1, numbered_payload(1))));
    EXPECT_TRUE(edge.until([&] { return is_in_step(edge, first_task, "check"); }));
    EXPECT_EQ(edge.await(edge.executor().cancel(first_task)).value(), TaskStatus::cancelled);
    const auto report = edge.finished(first_task);
    EXPECT_EQ(report.last_error, "cancelled during check");
    EXPECT_EQ(report.steps.back().status, TaskStatus::cancelled);
    EXPECT_FALSE(root.has("live"));
    EXPECT_EQ(edge.await(edge.executor().cancel(first_task)).error().code, code::wrong_state);
    EXPECT_EQ(edge.await(edge.executor().cancel("nobody")).error().code, code::not_found);
}

TEST(ExecutorCancel, ends_a_waiting_task_and_wakes_who_waits_for_it) {
    const TemporaryFolder root;
    Edge edge(root, with_check("sleep 60"));
    ASSERT_TRUE(edge.dispatch(dispatch_of(1, numbered_payload(1))));
    ASSERT_TRUE(edge.dispatch(dispatch_of(2, numbered_payload(2))));
    EXPECT_EQ(edge.await(edge.executor().cancel(second_task)).value(), TaskStatus::cancelled);
    EXPECT_EQ(edge.finished(second_task).last_error, "cancelled while it was waiting");
    EXPECT_EQ(edge.await(edge.executor().cancel(first_task)).value(), TaskStatus::cancelled);
}

TEST(ExecutorCancel, is_too_late_after_the_switch) {
    const TemporaryFolder root;
    ExecutorSettings settings;
    settings.commands.reload = "while ! test -e " + root.path("go") + "; do sleep 0.02; done";
    Edge edge(root, settings);
    ASSERT_TRUE(edge.dispatch(dispatch_of(1, numbered_payload(1))));
    EXPECT_TRUE(edge.until([&] { return is_in_step(edge, first_task, "reload"); }));
    const auto refused = edge.await(edge.executor().cancel(first_task));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, code::wrong_state);
    root.write("go", "");
    EXPECT_EQ(edge.finished(first_task).status, TaskStatus::success) << "it ends as it ends";
}

TEST(ExecutorStop, fails_what_is_before_its_switch_and_keeps_what_waits) {
    const TemporaryFolder root;
    {
        Edge edge(root, with_check("sleep 60"));
        ASSERT_TRUE(edge.dispatch(dispatch_of(1, numbered_payload(1))));
        ASSERT_TRUE(edge.dispatch(dispatch_of(2, numbered_payload(2))));
        EXPECT_TRUE(edge.until([&] { return is_in_step(edge, first_task, "check"); }));
        const auto start = edge.clock().now();
        edge.await(edge.executor().stop());
        EXPECT_LT(edge.clock().now() - start, Millis(4'000));
        EXPECT_EQ(edge.dispatch(dispatch_of(3, numbered_payload(3))).error().code, code::busy);
        EXPECT_EQ(edge.finished(first_task).last_error, "check failed: the agent was stopped");
    }
    Edge edge(root);
    EXPECT_EQ(edge.finished(first_task).status, TaskStatus::failed);
    EXPECT_EQ(edge.finished(second_task).status, TaskStatus::success) << "it had waited";
    EXPECT_EQ(root.link("live"), "versions/2");
}

TEST(ExecutorStop, leaves_what_is_past_its_switch_to_the_next_start) {
    const TemporaryFolder root;
    ExecutorSettings settings;
    settings.commands.reload = "echo begun >>" + root.path("begun") + "; while ! test -e " +
                               root.path("go") + "; do sleep 0.02; done";
    {
        Edge edge(root, settings);
        ASSERT_TRUE(edge.dispatch(dispatch_of(1, numbered_payload(1))));
        EXPECT_TRUE(edge.until([&] { return root.has("begun"); }));
        const auto start = edge.clock().now();
        edge.await(edge.executor().stop());
        EXPECT_LT(edge.clock().now() - start, Millis(4'000));
        EXPECT_EQ(edge.finished(first_task).status, TaskStatus::running);
    }
    EXPECT_EQ(root.link("live"), "versions/1");
    root.write("go", "");
    Edge edge(root, settings);
    EXPECT_EQ(edge.finished(first_task).status, TaskStatus::success);
    EXPECT_EQ(root.read("begun"), "begun\nbegun\n") << "the reload was repeated";
}

TEST(ExecutorStop, wakes_held_answers) {
    const TemporaryFolder root;
    Edge edge(root, with_check("sleep 60"));
    ASSERT_TRUE(edge.dispatch(dispatch_of(1, numbered_payload(1))));
    EXPECT_TRUE(edge.until([&] { return is_in_step(edge, first_task, "check"); }));
    bool is_answered = false;
    boost::asio::co_spawn(edge.clock_executor(), edge.executor().report(first_task, Millis(50'000)),
                          [&](std::exception_ptr, auto) { is_answered = true; });
    edge.await(edge.executor().stop());
    EXPECT_TRUE(edge.until([&] { return is_answered; }));
}

TEST(ExecutorStart, refuses_a_live_link_that_points_elsewhere) {
    const TemporaryFolder root;
    fs::create_symlink("/etc", root.path("live"));
    auto files = open_root(root.path());
    boost::asio::io_context loop;
    const auto processes = make_processes();
    const auto prober = make_url_prober();
    const auto clock = rt::make_clock(loop.get_executor());
    const auto wall_clock = make_wall_clock();
    Executor executor(HostPorts{**files, *processes, *prober, *clock, *wall_clock}, {});
    const auto opened = executor.open();
    ASSERT_FALSE(opened);
    EXPECT_THAT(opened.error().message, HasSubstr("points to /etc, not to versions/<version>"));
}

TEST(ExecutorStart, believes_a_live_link_that_was_moved_by_hand) {
    const TemporaryFolder root;
    {
        Edge edge(root);
        edge.apply(dispatch_of(1, numbered_payload(1)));
        edge.apply(dispatch_of(2, numbered_payload(2)));
    }
    fs::remove(root.path("live"));
    fs::create_symlink("versions/1", root.path("live"));
    Edge edge(root);
    EXPECT_EQ(edge.state().applied_version, release::Version{1});
    EXPECT_EQ(edge.state().sha256, digest(numbered_payload(1)));
    EXPECT_EQ(edge.apply(dispatch_of(3, numbered_payload(3))).status, TaskStatus::success);
}

TEST(ExecutorStart, starts_with_a_journal_of_garbage) {
    const TemporaryFolder root;
    {
        Edge edge(root);
        edge.apply(dispatch_of(1, numbered_payload(1)));
    }
    root.write("tasks/journal", std::string(5000, '\xfe') + "\n{}\n\n0123 {\"a\":");
    root.write("staging/half/file", "x");
    root.write("tasks/payload-1-1", "x");
    Edge edge(root);
    EXPECT_EQ(edge.state().applied_version, release::Version{1}) << "live is the truth";
    EXPECT_TRUE(root.names("staging").empty());
    EXPECT_EQ(root.names("tasks"), std::vector<std::string>{"journal"});
    EXPECT_EQ(edge.apply(dispatch_of(2, numbered_payload(2))).status, TaskStatus::success);
}

/// A disk that refuses to set `live` back to version 1, or to take more of the journal.
class StubbornFiles final : public ForwardingFiles {
  public:
    StubbornFiles(std::unique_ptr<Files> inner, std::string stubborn_about)
        : ForwardingFiles(std::move(inner)), stubborn_about_(std::move(stubborn_about)) {}
    Result<void> point_link(const std::string& path, const std::string& target) override {
        if (target == stubborn_about_) return release::fail("Input/output error");
        return inner().point_link(path, target);
    }
    Result<void> append(const std::string& path, std::string_view bytes) override {
        if (bytes.find(stubborn_about_) != std::string::npos) return release::fail("No space left");
        return inner().append(path, bytes);
    }
    Result<void> create_file(const std::string& path, std::string_view bytes,
                             const FileAccess& access) override {
        const bool is_journal = path == "tasks/journal.new";
        if (is_journal && bytes.find(stubborn_about_) != std::string::npos) {
            return release::fail("No space left");
        }
        return inner().create_file(path, bytes, access);
    }

  private:
    std::string stubborn_about_;
};

Edge::Wrap stubborn(const std::string& about) {
    return [about](std::unique_ptr<Files> files) -> std::unique_ptr<Files> {
        return std::make_unique<StubbornFiles>(std::move(files), about);
    };
}

TEST(ExecutorDisk, says_that_live_could_not_be_put_back_and_puts_it_right_with_the_next_task) {
    const TemporaryFolder root;
    {
        Edge edge(root);
        ASSERT_EQ(edge.apply(dispatch_of(1, numbered_payload(1))).status, TaskStatus::success);
    }
    {
        ExecutorSettings settings;
        settings.commands.reload = "exit 1";
        Edge edge(root, settings, {}, stubborn("versions/1"));
        const auto report = edge.apply(dispatch_of(2, numbered_payload(2)));
        EXPECT_EQ(report.status, TaskStatus::failed);
        EXPECT_EQ(report.last_error,
                  "reload failed: exit status 1; put_back failed too: Input/output error");
        EXPECT_EQ(root.link("live"), "versions/2");
        EXPECT_EQ(root.read("live/conf.d/a.conf"), "2") << "whole all the same";
    }
    Edge edge(root);
    EXPECT_EQ(edge.state().applied_version, release::Version{1}) << "what was proven";
    EXPECT_EQ(edge.apply(dispatch_of(2, numbered_payload(22), "_2")).status, TaskStatus::success);
    EXPECT_EQ(root.link("live"), "versions/2");
    EXPECT_EQ(root.read("live/conf.d/a.conf"), "22");
}

TEST(ExecutorDisk, does_nothing_that_it_could_not_write_down_first) {
    const TemporaryFolder root;
    {
        Edge edge(root);
        ASSERT_EQ(edge.apply(dispatch_of(1, numbered_payload(1))).status, TaskStatus::success);
    }
    for (const std::string step : {"validate", "check", "switch"}) {
        Edge edge(root, with_check("true"), {}, stubborn("\"current\":\"" + step + "\""));
        const std::string suffix = "_" + step;
        const auto report = edge.apply(dispatch_of(2, numbered_payload(2), suffix));
        EXPECT_EQ(report.status, TaskStatus::failed);
        EXPECT_EQ(report.last_error,
                  step + " failed: the journal cannot be written, so nothing was done");
        EXPECT_EQ(root.link("live"), "versions/1");
    }
    Edge edge(root, {}, {}, stubborn("\"current\":\"reload\""));
    EXPECT_EQ(edge.apply(dispatch_of(2, numbered_payload(2))).status, TaskStatus::success)
        << "after the switch it goes on";
}

/// A root on a disk of 512 KiB, where the test is allowed to mount it.
class FullDisk : public ::testing::Test {
  protected:
    void SetUp() override {
        if (::mount("tmpfs", root_.path().c_str(), "tmpfs", 0, "size=1m") != 0) {
            GTEST_SKIP() << "mounting is not permitted here";
        }
        is_mounted_ = true;
    }
    void TearDown() override {
        if (is_mounted_) ::umount2(root_.path().c_str(), MNT_DETACH);
    }

    TemporaryFolder root_;
    bool is_mounted_ = false;
};

TEST_F(FullDisk, keeps_the_old_version_serving_and_says_why) {
    Edge edge(root_);
    ASSERT_EQ(edge.apply(dispatch_of(1, numbered_payload(1))).status, TaskStatus::success);
    // The payload fits once, in the task, but not a second time, as files.
    const auto report =
        edge.apply(dispatch_of(2, payload({{"large", std::string(600 << 10, 'x')}})));
    EXPECT_EQ(report.status, TaskStatus::failed);
    EXPECT_THAT(report.last_error, HasSubstr("stage failed: cannot write"));
    EXPECT_THAT(report.last_error, HasSubstr("No space left on device"));
    EXPECT_EQ(root_.link("live"), "versions/1");
    EXPECT_EQ(root_.read("live/conf.d/a.conf"), "1");
    const auto refused =
        edge.dispatch(dispatch_of(3, payload({{"large", std::string(2 << 20, 'x')}})));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, code::busy);
    EXPECT_THAT(refused.error().message, HasSubstr("No space left on device"));
    EXPECT_EQ(edge.apply(dispatch_of(4, numbered_payload(4))).status, TaskStatus::success)
        << "and then it recovers";
}

TEST_F(FullDisk, starts_on_a_full_disk) {
    {
        Edge edge(root_);
        ASSERT_EQ(edge.apply(dispatch_of(1, numbered_payload(1))).status, TaskStatus::success);
    }
    std::ofstream filler(root_.path("filler"), std::ios::binary);
    while (filler.write(std::string(4096, 'x').c_str(), 4096).flush()) {
    }
    Edge edge(root_);
    EXPECT_EQ(edge.state().applied_version, release::Version{1});
    EXPECT_EQ(edge.dispatch(dispatch_of(1, numbered_payload(1))).value(), TaskStatus::success);
}

}  // namespace
}  // namespace edgeroll::agent
