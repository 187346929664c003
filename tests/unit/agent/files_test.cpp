#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "agent/files_posix.hpp"
#include "tests/unit/agent/world.hpp"

namespace edgeroll::agent {
namespace {

namespace fs = std::filesystem;
using testing::TemporaryFolder;

std::unique_ptr<Files> open(const TemporaryFolder& folder) {
    auto files = open_root(folder.path());
    EXPECT_TRUE(files) << files.error().message;
    return std::move(*files);
}

TEST(Files, writes_reads_and_lists) {
    const TemporaryFolder folder;
    const auto files = open(folder);
    ASSERT_TRUE(files->make_folders("a/b"));
    ASSERT_TRUE(files->make_folders("a/b"));
    ASSERT_TRUE(files->create_file("a/b/one", "bytes", {0640}));
    ASSERT_TRUE(files->sync_tree("a"));
    EXPECT_EQ(folder.read("a/b/one"), "bytes");
    struct stat info {};
    ASSERT_EQ(::stat(folder.path("a/b/one").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777, 0640U);
    EXPECT_EQ(files->list("a/b").value(), std::vector<std::string>{"one"});
    EXPECT_TRUE(files->list("nowhere").value().empty());
    EXPECT_EQ(files->read_file("a/b/one", 5).value(), "bytes");
    EXPECT_FALSE(files->read_file("a/b/one", 4)) << "larger than allowed";
    EXPECT_EQ(files->read_file("a/none", 9).value(), std::nullopt);
    EXPECT_FALSE(files->create_file("a/b/one", "again", {0644})) << "never overwrites";
}

TEST(Files, never_leaves_the_root) {
    const TemporaryFolder folder, outside;
    const auto files = open(folder);
    fs::create_directory_symlink(outside.path(), folder.path("link"));
    fs::create_symlink(outside.path("target"), folder.path("file"));
    EXPECT_FALSE(files->create_file("link/x", "x", {0644}));
    EXPECT_FALSE(files->create_file("file", "x", {0644}));
    EXPECT_FALSE(files->append("file", "x"));
    EXPECT_FALSE(files->make_folders("link/y"));
    EXPECT_FALSE(files->create_file("../x", "x", {0644}));
    EXPECT_FALSE(files->create_file("a/../../x", "x", {0644}));
    EXPECT_FALSE(files->create_file("/x", "x", {0644}));
    EXPECT_FALSE(files->remove("link/z"));
    EXPECT_TRUE(outside.names("").empty());
    outside.write("kept", "k");
    ASSERT_TRUE(files->remove("link")) << "removes the link, not what is behind it";
    EXPECT_TRUE(outside.has("kept"));
    EXPECT_FALSE(files->remove("..")) << "nothing above";
    EXPECT_TRUE(files->is_folder("")) << "the root is still there";
}

TEST(Files, points_links_in_one_step) {
    const TemporaryFolder folder;
    const auto files = open(folder);
    EXPECT_EQ(files->read_link("live").value(), std::nullopt);
    ASSERT_TRUE(files->point_link("live", "versions/1"));
    ASSERT_TRUE(files->point_link("live", "versions/2"));
    ASSERT_TRUE(files->point_link("live", "versions/2"));
    EXPECT_EQ(files->read_link("live").value(), "versions/2");
    EXPECT_EQ(folder.names(""), std::vector<std::string>{"live"});
    folder.write("plain", "x");
    EXPECT_FALSE(files->point_link("plain", "versions/1")) << "a file is not a link";
    EXPECT_EQ(folder.read("plain"), "x");
}

TEST(Files, recovers_from_a_link_that_a_crash_left_half_made) {
    const TemporaryFolder folder;
    const auto files = open(folder);
    fs::create_symlink("versions/9", folder.path("live.new"));
    ASSERT_TRUE(files->point_link("live", "versions/1"));
    EXPECT_EQ(folder.link("live"), "versions/1");
    EXPECT_FALSE(folder.has("live.new"));
}

TEST(Files, renames_exchanges_and_removes_trees) {
    const TemporaryFolder folder;
    const auto files = open(folder);
    folder.write("a/deep/er/file", "1");
    folder.write("b/file", "2");
    ASSERT_TRUE(files->exchange("a", "b"));
    EXPECT_EQ(folder.read("a/file"), "2");
    ASSERT_TRUE(files->rename("b", "c"));
    EXPECT_EQ(folder.read("c/deep/er/file"), "1");
    EXPECT_FALSE(files->rename("a", "c")) << "not onto a folder with something in it";
    ASSERT_TRUE(files->remove("c"));
    EXPECT_FALSE(folder.has("c"));
    EXPECT_TRUE(files->remove("c")) << "absent is fine";
    EXPECT_TRUE(files->remove("no/such/folder"));
}

TEST(Files, appends_and_takes_back_what_was_written_in_part) {
    const TemporaryFolder folder;
    const auto files = open(folder);
    ASSERT_TRUE(files->append("log", "one\n"));
    ASSERT_TRUE(files->append("log", "two\n"));
    EXPECT_EQ(folder.read("log"), "one\ntwo\n");
}

TEST(Files, is_locked_against_a_second_agent) {
    const TemporaryFolder folder;
    {
        const auto files = open(folder);
        const auto second = open_root(folder.path());
        ASSERT_FALSE(second);
        EXPECT_NE(second.error().message.find("another edgeroll-agent uses it"), std::string::npos);
        EXPECT_TRUE(check_root(folder.path())) << "looking needs no lock";
    }
    EXPECT_TRUE(open_root(folder.path())) << "free again";
}

TEST(Files, names_the_setting_and_the_cure_when_the_root_is_bad) {
    const TemporaryFolder folder;
    folder.write("file", "x");
    for (const std::string& root : {std::string("relative"), folder.path("file"), std::string()}) {
        const auto files = open_root(root);
        ASSERT_FALSE(files) << root;
        EXPECT_EQ(files.error().message.find("AGENT_ROOT " + root), 0U) << files.error().message;
        EXPECT_FALSE(check_root(root));
    }
    EXPECT_TRUE(check_root(folder.path("not/yet/there")));
    EXPECT_FALSE(folder.has("not"));
    EXPECT_TRUE(open_root(folder.path("not/yet/there")));
}

/// A disk of 256 KiB, where the test is allowed to mount it.
class SmallDisk : public ::testing::Test {
  protected:
    void SetUp() override {
        if (::mount("tmpfs", folder_.path().c_str(), "tmpfs", 0, "size=256k") != 0) {
            GTEST_SKIP() << "mounting is not permitted here";
        }
        is_mounted_ = true;
    }
    void TearDown() override {
        if (is_mounted_) ::umount2(folder_.path().c_str(), MNT_DETACH);
    }

    TemporaryFolder folder_;
    bool is_mounted_ = false;
};

TEST_F(SmallDisk, says_that_the_disk_is_full_and_leaves_nothing_behind) {
    const auto files = open(folder_);
    const auto done = files->create_file("large", std::string(1 << 20, 'x'), {0644});
    ASSERT_FALSE(done);
    EXPECT_NE(done.error().message.find("No space left on device"), std::string::npos)
        << done.error().message;
    EXPECT_NE(done.error().message.find("free some space"), std::string::npos);
    EXPECT_TRUE(folder_.names("").empty());
    ASSERT_TRUE(files->append("log", "kept\n"));
    EXPECT_FALSE(files->append("log", std::string(1 << 20, 'x')));
    EXPECT_EQ(folder_.read("log"), "kept\n");
    EXPECT_TRUE(files->append("log", "more\n"));
    EXPECT_EQ(folder_.read("log"), "kept\nmore\n");
}

}  // namespace
}  // namespace edgeroll::agent
