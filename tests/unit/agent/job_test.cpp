#include "agent/job.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "agent/processes_posix.hpp"
#include "release/crypto/sha256.hpp"
#include "release/wire/json_util.hpp"
#include "tests/unit/agent/world.hpp"

namespace edgeroll::agent {
namespace {

using ::testing::HasSubstr;
using testing::TemporaryFolder;
namespace fs = std::filesystem;

class OpenJob : public ::testing::Test {
  protected:
    [[nodiscard]] Result<JobProgram> open(const std::string& name,
                                          const std::string& sha256 = "") const {
        release::wire::Job job;
        job.name = name;
        job.sha256 = sha256;
        return open_job(folder_.path(), job, interrupt_);
    }
    [[nodiscard]] std::string complaint(const std::string& name,
                                        const std::string& sha256 = "") const {
        const auto opened = open(name, sha256);
        return opened ? "" : opened.error().message;
    }
    static CommandResult run(const JobProgram& program, std::vector<std::string> arguments) {
        Command command;
        command.arguments = std::move(arguments);
        command.program = program.file.get();
        command.is_script = program.is_script;
        command.folder = "/";
        command.environment = {{"PATH", "/usr/bin:/bin"}};
        const Interrupt interrupt;
        return make_processes()->run(command, interrupt);
    }

    TemporaryFolder folder_;
    Interrupt interrupt_;
};

TEST_F(OpenJob, opens_a_program_and_knows_a_script) {
    folder_.write("script", "#!/bin/sh\n", 0755);
    folder_.write("binary",
                  "\x7f"
                  "ELF",
                  0700);
    folder_.write("empty", "", 0755);
    EXPECT_TRUE(open("script").value().is_script);
    EXPECT_FALSE(open("binary").value().is_script);
    EXPECT_FALSE(open("empty").value().is_script);
}

TEST_F(OpenJob, refuses_what_somebody_else_could_have_put_there) {
    folder_.write("job", "#!/bin/sh\n", 0755);
    folder_.write("group", "#!/bin/sh\n", 0775);
    folder_.write("others", "#!/bin/sh\n", 0757);
    folder_.write("plain", "#!/bin/sh\n", 0644);
    fs::create_symlink(folder_.path("job"), folder_.path("link"));
    fs::create_directory(folder_.path("folder"));
    ASSERT_EQ(::mkfifo(folder_.path("pipe").c_str(), 0755), 0);
    EXPECT_THAT(complaint("group"), HasSubstr("writable by group or others"));
    EXPECT_THAT(complaint("others"), HasSubstr("writable by group or others"));
    EXPECT_THAT(complaint("plain"), HasSubstr("not executable"));
    EXPECT_THAT(complaint("link"), HasSubstr("is a link"));
    EXPECT_THAT(complaint("folder"), HasSubstr("not a regular file"));
    EXPECT_THAT(complaint("pipe"), HasSubstr("not a regular file")) << "and does not hang";
    EXPECT_THAT(complaint("absent"), HasSubstr("does not exist"));
    EXPECT_EQ(complaint("job"), "");
    fs::permissions(folder_.path(), static_cast<fs::perms>(0777));
    EXPECT_THAT(complaint("job"), HasSubstr("AGENT_JOBS_DIR")) << "then the job can be replaced";
    fs::permissions(folder_.path(), static_cast<fs::perms>(0700));
}

TEST_F(OpenJob, refuses_a_file_of_another_user) {
    folder_.write("job", "#!/bin/sh\n", 0755);
    if (::chown(folder_.path("job").c_str(), 12345, 12345) != 0) GTEST_SKIP() << "needs root";
    EXPECT_THAT(complaint("job"), HasSubstr("belongs neither to root nor to the agent's user"));
}

TEST_F(OpenJob, checks_the_digest) {
    const std::string text = "#!/bin/sh\n" + std::string(1 << 20, '#');
    folder_.write("job", text, 0755);
    EXPECT_EQ(complaint("job", release::sha256_hex(text)), "");
    EXPECT_THAT(complaint("job", std::string(64, 'a')), HasSubstr("has the digest "));
    interrupt_.set();
    EXPECT_THAT(complaint("job", release::sha256_hex(text)), HasSubstr("interrupted"));
}

TEST_F(OpenJob, runs_what_was_looked_at_whatever_stands_there_since) {
    folder_.write("job", "#!/bin/sh\necho good \"$@\"\n", 0755);
    const auto program = open("job");
    ASSERT_TRUE(program);
    folder_.write("evil", "#!/bin/sh\necho evil\n", 0755);
    fs::rename(folder_.path("evil"), folder_.path("job"));
    EXPECT_EQ(run(*program, {folder_.path("job"), "a b", "$HOME;`id`"}).output,
              "good a b $HOME;`id`\n");
}

TEST_F(OpenJob, passes_no_descriptor_on_but_a_scripts_own) {
    folder_.write("script", "#!/bin/sh\nls /proc/$$/fd\n", 0755);
    const auto script = open("script");
    ASSERT_TRUE(script);
    // 4 is the file itself; a shell may also keep it open under another number.
    EXPECT_THAT(run(*script, {"script"}).output, ::testing::MatchesRegex("0\n1\n(10\n)?2\n4\n"));
    fs::copy_file("/bin/ls", folder_.path("ls"));
    fs::permissions(folder_.path("ls"), static_cast<fs::perms>(0755));
    const auto binary = open("ls");
    ASSERT_TRUE(binary);
    // 3 is the folder that ls reads.
    EXPECT_EQ(run(*binary, {"ls", "/proc/self/fd"}).output, "0\n1\n2\n3\n");
}

TEST_F(OpenJob, says_why_a_program_cannot_be_started) {
    folder_.write("job", "neither script nor binary", 0755);
    const auto program = open("job");
    ASSERT_TRUE(program);
    const CommandResult result = run(*program, {folder_.path("job")});
    EXPECT_EQ(result.end, CommandResult::End::not_started);
    EXPECT_THAT(result.error, HasSubstr("Exec format error"));
}

}  // namespace
}  // namespace edgeroll::agent
