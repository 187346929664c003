#include "control/cli/folder_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

namespace edgeroll::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// A folder `site` to push, and another folder beside it.
struct FilesOfFolder : ::testing::Test {
    fs::path place, site, other;

    FilesOfFolder() {
        std::string pattern = (fs::temp_directory_path() / "edgeroll-cli-XXXXXX").string();
        place = ::mkdtemp(pattern.data());
        site = place / "site";
        other = place / "other";
        fs::create_directories(site);
        fs::create_directories(other);
    }
    ~FilesOfFolder() override { fs::remove_all(place); }

    static void write(const fs::path& path, const std::string& content = "x",
                      unsigned mode = 0644) {
        fs::create_directories(path.parent_path());
        std::ofstream(path, std::ios::binary) << content;
        fs::permissions(path, static_cast<fs::perms>(mode));
    }
    [[nodiscard]] FolderFiles found(Links links = Links::refused) const {
        auto files = files_of_folder(site.string(), links);
        EXPECT_TRUE(files) << files.error().message;
        return files ? std::move(*files) : FolderFiles{};
    }
    [[nodiscard]] std::vector<std::string> names(Links links = Links::refused) const {
        std::vector<std::string> paths;
        for (const auto& [path, file] : found(links).files)
            paths.push_back(path);
        return paths;
    }
    [[nodiscard]] std::string refusal(Links links = Links::refused) const {
        const auto files = files_of_folder(site.string(), links);
        EXPECT_FALSE(files);
        return files ? "" : files.error().message;
    }
};

TEST_F(FilesOfFolder, refuses_links_and_special_files_by_name) {
    write(site / "a");
    fs::create_symlink("/etc/passwd", site / "link");
    EXPECT_THAT(refusal(), AllOf(HasSubstr("link is a link"), HasSubstr("--dereference")));
    fs::remove(site / "link");
    fs::create_directory_symlink(site, site / "loop");
    EXPECT_THAT(refusal(), HasSubstr("loop is a link"));
    fs::remove(site / "loop");
    ASSERT_EQ(::mkfifo((site / "pipe").c_str(), 0600), 0);
    EXPECT_THAT(refusal(), HasSubstr("pipe is neither a file nor a folder"));
    fs::create_symlink(site / "pipe", site / "link");
    EXPECT_THAT(refusal(Links::followed), HasSubstr("link is neither a file nor a folder"));
}

TEST_F(FilesOfFolder, refuses_names_and_modes_that_no_payload_can_carry) {
    write(site / "set", "a", 04755);
    EXPECT_THAT(refusal(), HasSubstr("set-uid"));
    fs::remove(site / "set");
    write(site / "bad\xff");
    EXPECT_THAT(refusal(), HasSubstr("bad\\xff: its name is not UTF-8"));
}

TEST_F(FilesOfFolder, leaves_out_git_at_any_depth_whatever_it_is) {
    write(site / "a");
    write(site / ".gitignore");
    write(site / ".git/objects/bad\xff", std::string(9U << 20U, 'x'));
    write(site / "module/.git", "gitdir: ../.git/modules/module\n");
    write(site / "module/b");
    fs::create_directories(site / "linked");
    fs::create_symlink(site / ".git", site / "linked/.git");
    EXPECT_THAT(names(), ElementsAre(".gitignore", "a", "module/b"));
    EXPECT_EQ(told(found().left_out), "left out: .git");
    EXPECT_EQ(found().bytes, 3U);
}

TEST_F(FilesOfFolder, leaves_out_what_the_ignore_file_names_and_looks_no_further) {
    write(site / ".edgerollignore", "# not for the edge\n*.bak\n/doc\ncache/\n");
    write(site / "a");
    write(site / "conf.d/a.bak", std::string(9U << 20U, 'x'));
    write(site / "b.bak", "x", 04755);
    write(site / "doc/bad\xff");
    write(site / "deep/doc/kept");
    write(site / "deep/.edgerollignore");
    fs::create_directories(site / "cache");
    fs::create_symlink("nowhere", site / "cache/link");
    fs::create_symlink("nowhere", site / "link.bak");
    EXPECT_THAT(names(), ElementsAre("a", "deep/.edgerollignore", "deep/doc/kept"));
    EXPECT_EQ(told(found().left_out), "left out: 3 files, 2 folders by .edgerollignore");
    EXPECT_EQ(found().bytes, 3U);
}

TEST_F(FilesOfFolder, a_link_is_left_out_as_what_it_leads_to) {
    write(site / ".edgerollignore", "cache/\n");
    write(site / "a");
    fs::create_directory_symlink(other, site / "cache");
    EXPECT_THAT(names(), ElementsAre("a"));
}

TEST_F(FilesOfFolder, refuses_an_ignore_file_that_is_a_link_or_large_or_not_understood) {
    write(site / "a");
    write(other / "rules", "*.bak\n");
    fs::create_symlink(other / "rules", site / ".edgerollignore");
    EXPECT_THAT(refusal(Links::followed), HasSubstr(".edgerollignore is a link"));
    fs::remove(site / ".edgerollignore");
    fs::create_symlink("nowhere", site / ".edgerollignore");
    EXPECT_THAT(refusal(), HasSubstr(".edgerollignore is a link"));
    fs::remove(site / ".edgerollignore");
    fs::create_directories(site / ".edgerollignore");
    EXPECT_THAT(refusal(), HasSubstr(".edgerollignore is no regular file"));
    fs::remove(site / ".edgerollignore");
    write(site / ".edgerollignore", std::string(ignore_file_bytes_max, '\n'));
    EXPECT_THAT(names(), ElementsAre("a"));
    write(site / ".edgerollignore", std::string(ignore_file_bytes_max + 1, '\n'));
    EXPECT_THAT(refusal(), HasSubstr("it may have 64.0 KiB"));
    write(site / ".edgerollignore", "\n!a\n");
    EXPECT_THAT(refusal(), HasSubstr("line 2"));
}

TEST_F(FilesOfFolder, says_when_nothing_is_left) {
    EXPECT_THAT(refusal(), HasSubstr("holds no file"));
    write(site / ".edgerollignore", "*.bak\n");
    write(site / "a.bak");
    EXPECT_THAT(refusal(), HasSubstr("besides what is left out: 1 file by .edgerollignore"));
}

TEST_F(FilesOfFolder, follows_links_to_files_and_folders_inside_and_outside) {
    write(site / "a/file", "12", 0600);
    write(other / "deep/file", "345");
    write(other / "deep/file.bak");
    write(site / ".edgerollignore", "*.bak\n");
    fs::create_symlink("a/file", site / "inside");
    fs::create_symlink(other / "deep", site / "outside");
    fs::create_symlink("outside/file", site / "twice");
    const auto files = found(Links::followed);
    EXPECT_THAT(names(Links::followed), ElementsAre("a/file", "inside", "outside/file", "twice"));
    EXPECT_EQ(files.files.at("inside").mode, fs::perms(0600)) << "the file's, not the link's";
    EXPECT_EQ(read_file(files.files.at("twice").file, 3, Links::refused).value_or(""), "345");
    EXPECT_EQ(files.bytes, 10U);
    EXPECT_EQ(files.left_out.files, 1U);
}

TEST_F(FilesOfFolder, refuses_links_that_lead_nowhere_or_in_a_circle) {
    write(site / "a");
    fs::create_symlink("nowhere", site / "broken");
    EXPECT_THAT(refusal(Links::followed), HasSubstr("broken is a link to nowhere, which leads to"));
    fs::remove(site / "broken");
    fs::create_symlink("itself", site / "itself");
    EXPECT_THAT(refusal(Links::followed), HasSubstr("itself is a link to itself, which leads to"));
    fs::remove(site / "itself");
    fs::create_directories(site / "b/c");
    fs::create_directory_symlink("../..", site / "b/c/up");
    EXPECT_THAT(refusal(Links::followed), HasSubstr("b/c/up leads back to the folder itself"));
    fs::remove(site / "b/c/up");
    fs::create_directory_symlink(other, site / "b/c/out");
    fs::create_directory_symlink(site / "b", other / "back");
    EXPECT_THAT(refusal(Links::followed), HasSubstr("b/c/out/back leads back to b, "));
    fs::remove(other / "back");
    // The cycle closes in a folder, not in a link.
    fs::create_directory_symlink(place, other / "above");
    EXPECT_THAT(refusal(Links::followed), HasSubstr("b/c/out/above/other leads back to b/c/out, "));
}

TEST_F(FilesOfFolder, the_same_folder_twice_is_no_circle) {
    write(other / "file");
    fs::create_directory_symlink(other, site / "one");
    fs::create_directory_symlink(other, site / "two");
    EXPECT_THAT(names(Links::followed), ElementsAre("one/file", "two/file"));
}

TEST_F(FilesOfFolder, ends_early_where_links_lead_to_more_than_a_payload_holds) {
    fs::resize_file((write(other / "a"), other / "a"), 9U << 20U);
    write(other / "b");
    ASSERT_EQ(::mkfifo((other / "c").c_str(), 0600), 0);
    fs::create_directory_symlink(other, site / "disk");
    const auto files = found(Links::followed);
    EXPECT_EQ(files.files.size(), 1U) << "c would have been refused";
    EXPECT_EQ(files.bytes, 9U << 20U);
}

TEST_F(FilesOfFolder, ends_where_links_multiply_folders) {
    // 2^20 paths lead to the last folder.
    for (int level = 0; level < 20; ++level) {
        const fs::path here = other / std::to_string(level);
        fs::create_directories(here);
        for (const char* name : {"l", "r"})
            fs::create_directory_symlink(other / std::to_string(level + 1), here / name);
    }
    fs::create_directories(other / "20");
    fs::create_directory_symlink(other / "0", site / "many");
    const auto files = files_of_folder(site.string(), Links::followed, 2000);
    ASSERT_FALSE(files);
    EXPECT_THAT(files.error().message, HasSubstr("more than 2,000 files and folders"));
}

TEST_F(FilesOfFolder, says_when_the_ignore_file_cannot_be_looked_at) {
    write(site / "a");
    const fs::path long_name = site / std::string(300, 'x');
    const auto files = files_of_folder(long_name.string(), Links::refused);
    ASSERT_FALSE(files);
    EXPECT_THAT(files.error().message, HasSubstr("cannot look at .edgerollignore"));
}

TEST_F(FilesOfFolder, a_file_is_read_up_to_what_there_is_room_for) {
    write(site / "a", "12345");
    EXPECT_EQ(read_file(site / "a", 5, Links::refused).value_or(""), "12345");
    const auto large = read_file(site / "a", 4, Links::refused);
    ASSERT_FALSE(large);
    EXPECT_THAT(large.error().message, AllOf(HasSubstr("site/a has more than"), HasSubstr("4")));
    // Its reported size is 0, but it can be read without end.
    EXPECT_FALSE(read_file("/proc/self/maps", 10, Links::refused));
}

TEST_F(FilesOfFolder, a_file_that_cannot_be_read_is_named) {
    const auto fault = [](const fs::path& path, Links links = Links::refused) {
        const auto text = read_file(path, 1000, links);
        EXPECT_FALSE(text);
        return text ? "" : text.error().message;
    };
    EXPECT_THAT(fault("/proc/self/mem"), HasSubstr("cannot read /proc/self/mem: Input/output"));
    EXPECT_THAT(fault(site / "none"), HasSubstr("site/none: No such file"));
    EXPECT_THAT(fault(site), HasSubstr("site: it is no regular file"));
    ASSERT_EQ(::mkfifo((site / "pipe").c_str(), 0600), 0);
    EXPECT_THAT(fault(site / "pipe"), HasSubstr("it is no regular file"));
    write(other / "a");
    fs::create_symlink(other / "a", site / "link");
    EXPECT_THAT(fault(site / "link"), HasSubstr("site/link: Too many levels of symbolic links"));
    EXPECT_EQ(read_file(site / "link", 1, Links::followed).value_or(""), "x");
}

}  // namespace
}  // namespace edgeroll::cli
