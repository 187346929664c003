// Files that the agent runs must not be writable by other users.
#include "agent/trusted_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/unit/agent/world.hpp"

namespace edgeroll::agent {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using testing::TemporaryFolder;
namespace fs = std::filesystem;

class Trusted : public ::testing::Test {
  protected:
    Trusted() { fs::create_directories(folder_.path("way/hooks")); }
    static void mode(const std::string& path, int bits) {
        fs::permissions(path, static_cast<fs::perms>(bits));
    }
    [[nodiscard]] std::string complaint(const std::string& below) const {
        const auto opened = open_trusted_folder("AGENT_HOOKS_DIR", folder_.path(below));
        return opened ? "" : opened.error().message;
    }
    [[nodiscard]] std::string program(const std::string& name) const {
        const auto folder = open_trusted_folder("AGENT_HOOKS_DIR", folder_.path("way/hooks"));
        const auto opened = open_trusted_program(*folder, folder_.path("way/hooks"), name);
        if (!opened) return opened.error().message;
        return opened->is_absent ? "absent" : "";
    }
    TemporaryFolder folder_;
};

TEST_F(Trusted, folder_is_one_that_only_we_can_change) {
    EXPECT_EQ(complaint("way/hooks"), "");
    for (const int bits : {0775, 0757, 0777, 01777}) {
        mode(folder_.path("way/hooks"), bits);
        EXPECT_THAT(complaint("way/hooks"),
                    AllOf(StartsWith("AGENT_HOOKS_DIR " + folder_.path("way/hooks") + " "),
                          HasSubstr("writable by group or others")))
            << std::oct << bits;
    }
}

TEST_F(Trusted, folders_above_count_as_well) {
    mode(folder_.path("way"), 0777);
    EXPECT_EQ(complaint("way/hooks"), "AGENT_HOOKS_DIR " + folder_.path("way/hooks") + ": " +
                                          folder_.path("way") +
                                          " is writable by group or others: chmod go-w it");
    mode(folder_.path("way"), 01777);
    EXPECT_EQ(complaint("way/hooks"), "") << "in a sticky one nobody can replace what is ours";
    mode(folder_.path("way"), 0755);
    EXPECT_EQ(complaint("way/../way/./hooks"), "");
}

TEST_F(Trusted, links_on_the_way_are_followed_and_judged_by_where_they_lead) {
    fs::create_directory_symlink(folder_.path("way"), folder_.path("absolute"));
    fs::create_directory_symlink("way/hooks", folder_.path("relative"));
    fs::create_directory_symlink("loop", folder_.path("loop"));
    EXPECT_EQ(complaint("absolute/hooks"), "");
    EXPECT_EQ(complaint("relative"), "");
    EXPECT_THAT(complaint("loop"), HasSubstr("leads nowhere"));
    mode(folder_.path("way"), 0777);
    EXPECT_THAT(complaint("absolute/hooks"), HasSubstr(folder_.path("way") + " is writable"));
    EXPECT_THAT(complaint("relative"), HasSubstr(folder_.path("way") + " is writable"));
}

TEST_F(Trusted, what_is_a_strangers_is_refused) {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    ASSERT_EQ(::chown(folder_.path("way").c_str(), 12345, 12345), 0);
    EXPECT_THAT(complaint("way/hooks"), HasSubstr("belongs neither to root nor"));
    ASSERT_EQ(::chown(folder_.path("way").c_str(), 0, 0), 0);
    fs::create_directory_symlink("way", folder_.path("link"));
    ASSERT_EQ(::lchown(folder_.path("link").c_str(), 12345, 12345), 0);
    EXPECT_THAT(complaint("link/hooks"), HasSubstr("is a link of neither root nor"));
}

TEST_F(Trusted, program_is_a_file_of_ours_and_no_link) {
    folder_.write("way/hooks/good", "#!/bin/sh\n", 0755);
    folder_.write("way/hooks/loose", "#!/bin/sh\n", 0775);
    folder_.write("way/hooks/plain", "#!/bin/sh\n", 0644);
    fs::create_symlink("good", folder_.path("way/hooks/near"));
    fs::create_symlink("/bin/sh", folder_.path("way/hooks/out"));
    EXPECT_EQ(program("good"), "");
    EXPECT_EQ(program("none"), "absent");
    EXPECT_THAT(program("loose"), HasSubstr("writable by group or others"));
    EXPECT_THAT(program("plain"), HasSubstr("not executable"));
    EXPECT_THAT(program("near"), HasSubstr("is a link"));
    EXPECT_THAT(program("out"), HasSubstr("is a link"));
}

TEST_F(Trusted, folder_must_be_one) {
    folder_.write("file", "");
    EXPECT_THAT(complaint("file"), HasSubstr("Not a directory"));
    EXPECT_THAT(complaint("nowhere"), HasSubstr("No such file"));
    EXPECT_THAT(open_trusted_folder("AGENT_HOOKS_DIR", "tmp").error().message,
                HasSubstr("no absolute path"));
}

}  // namespace
}  // namespace edgeroll::agent
