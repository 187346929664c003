#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <chrono>
#include <csignal>
#include <sstream>
#include <thread>

#include "agent/command_environment.hpp"
#include "agent/descriptor.hpp"
#include "agent/processes_posix.hpp"
#include "tests/unit/agent/world.hpp"

namespace edgeroll::agent {
namespace {

using End = CommandResult::End;
namespace fs = std::filesystem;
using testing::TemporaryFolder;

Command shell(const std::string& text, Millis timeout = Millis(20'000)) {
    Command command;
    command.arguments = {"/bin/sh", "-c", text};
    command.folder = "/";
    command.environment = {{"PATH", "/usr/bin:/bin"}};
    command.timeout = timeout;
    return command;
}

CommandResult run(const Command& command) {
    const Interrupt interrupt;
    return make_processes()->run(command, interrupt);
}

/// Runs `command` and measures it.
CommandResult run_timed(const Command& command, Millis& took) {
    const auto start = std::chrono::steady_clock::now();
    CommandResult result = run(command);
    took = std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now() - start);
    return result;
}

/// Whether the process with this id ends within `limit`.
bool ends_within(const std::string& pid, Millis limit) {
    const Descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, std::stoi(pid), 0U)));
    if (!process.is_open()) return true;
    pollfd watched{process.get(), POLLIN, 0};
    return ::poll(&watched, 1, static_cast<int>(limit.count())) == 1;
}

bool is_alive(const std::string& pid) {
    return !ends_within(pid, Millis(0));
}
bool is_gone_soon(const std::string& pid) {
    return ends_within(pid, Millis(5'000));
}

std::string first_line(const std::string& text) {
    return text.substr(0, text.find('\n'));
}

TEST(Processes, tells_exit_status_and_output_of_both_streams) {
    const CommandResult result = run(shell("echo out; echo err >&2; exit 3"));
    EXPECT_EQ(result.end, End::exited);
    EXPECT_EQ(result.exit_code, 3);
    EXPECT_EQ(result.output, "out\nerr\n");
}

TEST(Processes, tells_the_signal_of_a_killed_command) {
    const CommandResult result = run(shell("kill -SEGV $$"));
    EXPECT_EQ(result.end, End::killed);
    EXPECT_EQ(result.signal, SIGSEGV);
}

TEST(Processes, keeps_both_ends_of_a_long_output) {
    const CommandResult result =
        run(shell("echo the cause; yes 0123456789 | head -c 3000000; echo the end"));
    EXPECT_EQ(result.output.size(), 4096U);
    EXPECT_TRUE(result.output.starts_with("the cause\n0123"));
    EXPECT_TRUE(result.output.ends_with("the end\n"));
    const std::size_t mark = result.output.find("\n... (");
    ASSERT_NE(mark, std::string::npos);
    const std::size_t mark_end = result.output.find(" bytes left out) ...\n", mark);
    const std::size_t left_out = std::stoul(result.output.substr(mark + 6));
    const std::size_t mark_size = mark_end + 21 - mark;
    EXPECT_EQ(result.output.size() - mark_size + left_out, 3'000'000U + 18U);
    EXPECT_EQ(run(shell("yes 0123456789 | head -c 4096")).output.find("left out"),
              std::string::npos);
}

TEST(Processes, gives_only_its_own_environment_and_no_descriptors) {
    ::setenv("EDGEROLL_TEST_SECRET", "leak", 1);
    const int leaked = ::dup(0);
    // Only the shell's builtins: a pipe, a redirection or a listing opens further descriptors.
    Command command = shell(
        "env; d=0; while [ $d -lt 256 ]; do [ -e /proc/$$/fd/$d ] && printf '%s ' $d; "
        "d=$((d + 1)); done; readlink /proc/$$/fd/0; pwd");
    const TemporaryFolder folder;
    command.folder = folder.path();
    const CommandResult result = run(command);
    ::close(leaked);
    ::unsetenv("EDGEROLL_TEST_SECRET");
    EXPECT_EQ(result.output.find("leak"), std::string::npos) << result.output;
    EXPECT_NE(result.output.find("0 1 2 /dev/null\n"), std::string::npos) << result.output;
    EXPECT_NE(result.output.find(folder.path() + "\n"), std::string::npos);
}

TEST(Processes, runs_with_its_niceness_in_a_session_of_its_own) {
    Command command = shell("nice; ps -o sid=,pgid= -p $$ | tr -d ' \\n'; echo; echo $$$$");
    command.niceness = 7;
    const CommandResult result = run(command);
    EXPECT_EQ(first_line(result.output), "7");
    const auto rest = result.output.substr(2);
    EXPECT_EQ(first_line(rest), first_line(rest.substr(rest.find('\n') + 1)));
}

TEST(Processes, is_not_held_up_by_what_a_command_leaves_running) {
    Millis took{};
    const CommandResult result = run_timed(shell("sleep 30 & echo $!"), took);
    EXPECT_EQ(result.end, End::exited);
    EXPECT_LT(took, Millis(5'000));
    const std::string pid = first_line(result.output);
    EXPECT_TRUE(is_alive(pid)) << "a server started by a reload is left alone";
    ::kill(std::stoi(pid), SIGKILL);
}

TEST(Processes, kills_the_whole_group_when_the_time_is_up) {
    Millis took{};
    const CommandResult result =
        run_timed(shell("sleep 60 & echo $!; sh -c 'sleep 61 & echo $!; wait'", Millis(300)), took);
    EXPECT_EQ(result.end, End::timed_out);
    EXPECT_GE(took, Millis(300));
    EXPECT_LT(took, Millis(2'200)) << "they obey SIGTERM";
    const std::string one = first_line(result.output);
    const std::string two = first_line(result.output.substr(one.size() + 1));
    EXPECT_TRUE(is_gone_soon(one)) << one;
    EXPECT_TRUE(is_gone_soon(two)) << two;
}

TEST(Processes, kills_with_SIGKILL_what_ignores_SIGTERM_grandchildren_included) {
    Millis took{};
    const CommandResult result = run_timed(
        shell("trap '' TERM; sh -c 'trap \"\" TERM; echo $$; while :; do sleep 1; done' & "
              "while :; do sleep 1; done",
              Millis(300)),
        took);
    EXPECT_EQ(result.end, End::timed_out);
    EXPECT_GE(took, Millis(2'200));
    EXPECT_LT(took, Millis(10'000));
    EXPECT_TRUE(is_gone_soon(first_line(result.output)));
}

// A separate session, a double fork, no inherited output: the process group does not know of it.
TEST(Processes, kills_what_has_left_the_group_and_lost_its_parent) {
    const TemporaryFolder folder;
    const std::string pids = folder.path("pids");
    const std::string hide = "setsid sh -c 'trap \"\" TERM HUP; echo $$ >>" + pids +
                             "; exec >/dev/null 2>&1; while :; do sleep 1; done'";
    Millis took{};
    const CommandResult result =
        run_timed(shell("(" + hide + " &) ; (setsid sh -c 'setsid sleep 62 & echo $! >>" + pids +
                            "' >/dev/null 2>&1 &); sleep 60",
                        Millis(700)),
                  took);
    EXPECT_EQ(result.end, End::timed_out);
    std::istringstream lines(folder.read("pids"));
    int count = 0;
    for (std::string pid; std::getline(lines, pid); ++count)
        EXPECT_TRUE(is_gone_soon(pid)) << pid;
    EXPECT_EQ(count, 2) << folder.read("pids");
    EXPECT_LT(took, Millis(8'000));
}

TEST(Processes, kills_what_keeps_making_others) {
    const TemporaryFolder folder;
    const std::string mark = "63.0" + std::to_string(::getpid());
    const CommandResult result =
        run(shell("(setsid sh -c 'trap \"\" TERM; while :; do sleep " + mark +
                      " & sleep 0.01; done' >/dev/null 2>&1 &); sleep 60",
                  Millis(500)));
    EXPECT_EQ(result.end, End::timed_out);
    EXPECT_EQ(run(shell("ps -eo args= | grep -c '^sleep " + mark + "'")).output, "0\n");
}

TEST(Processes, leaves_alone_what_others_have_started) {
    const CommandResult other = run(shell("setsid sleep 64 >/dev/null 2>&1 & echo $!"));
    const std::string pid = first_line(other.output);
    (void)run(shell("sleep 60", Millis(200)));
    EXPECT_TRUE(is_alive(pid)) << "of an earlier command that has ended in time";
    ::kill(std::stoi(pid), SIGKILL);
}

TEST(Processes, ends_early_when_interrupted) {
    const TemporaryFolder folder;
    ASSERT_EQ(::mkfifo(folder.path("ready").c_str(), 0600), 0);
    Interrupt interrupt;
    std::thread setter([&] {
        (void)folder.read("ready");  // blocks until the command has begun
        interrupt.set();
    });
    const CommandResult result =
        make_processes()->run(shell("echo >" + folder.path("ready") + "; sleep 60"), interrupt);
    setter.join();
    EXPECT_EQ(result.end, End::interrupted);
    EXPECT_EQ(make_processes()->run(shell("exit 0"), interrupt).end, End::interrupted)
        << "set already: nothing is started";
}

TEST(Processes, says_why_a_command_cannot_be_started) {
    Command command = shell("true");
    command.arguments = {"/no/such/hook"};
    CommandResult result = run(command);
    EXPECT_EQ(result.end, End::not_started);
    EXPECT_EQ(result.error, "cannot start /no/such/hook in /: No such file or directory");
    command = shell("true");
    command.folder = "/no/such/folder";
    EXPECT_EQ(run(command).end, End::not_started);
}

TEST(Processes, leaves_no_zombies_and_no_descriptors) {
    const auto count = [] {
        std::size_t found = 0;
        for (const auto& entry : fs::directory_iterator("/proc/self/fd"))
            found += entry.exists();
        return found;
    };
    (void)run(shell("true"));
    const std::size_t before = count();
    for (int i = 0; i < 20; ++i)
        (void)run(shell("exit 1"));
    EXPECT_EQ(count(), before);
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "no child is left";
}

TEST(CommandEnvironment, has_a_variable_of_a_job_once) {
    Environment environment{{"PATH", "/bin"}, {"LANG", "C"}};
    release::wire::Job job;
    job.name = "warm";
    job.env = {{"LANG", "de"}, {"JOB_MODE", "fast"}};
    add_job_environment(environment, job);
    const Environment expected{
        {"PATH", "/bin"}, {"EDGEROLL_JOB", "warm"}, {"LANG", "de"}, {"JOB_MODE", "fast"}};
    EXPECT_EQ(environment, expected);
}

TEST(CommandEnvironment, spells_labels_as_variables) {
    EXPECT_EQ(label_variable("region"), "EDGEROLL_LABEL_REGION");
    EXPECT_EQ(label_variable("my-app.v2"), "EDGEROLL_LABEL_MY_APP_V2");
    EXPECT_EQ(label_variable("ö"), "EDGEROLL_LABEL___");
}

}  // namespace
}  // namespace edgeroll::agent
