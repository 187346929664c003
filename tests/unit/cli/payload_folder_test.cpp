#include "control/cli/payload_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "release/wire/base64.hpp"
#include "release/wire/payload.hpp"

namespace edgeroll::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

struct PayloadFolder : ::testing::Test {
    fs::path folder;

    PayloadFolder() {
        std::string pattern = (fs::temp_directory_path() / "edgeroll-cli-XXXXXX").string();
        folder = ::mkdtemp(pattern.data());
    }
    ~PayloadFolder() override { fs::remove_all(folder); }

    void write(const std::string& path, const std::string& content, unsigned mode = 0644) const {
        fs::create_directories((folder / path).parent_path());
        std::ofstream(folder / path, std::ios::binary) << content;
        fs::permissions(folder / path, static_cast<fs::perms>(mode));
    }
    [[nodiscard]] Answer<std::string> build(const std::vector<std::string>& globs = {}) const {
        return payload_from_folder(folder.string(), globs);
    }
    [[nodiscard]] std::string refusal(const std::vector<std::string>& globs = {}) const {
        const auto answer = build(globs);
        EXPECT_FALSE(answer);
        return answer ? "" : answer.error().message;
    }
};

TEST_F(PayloadFolder, holds_every_file_with_path_mode_and_content) {
    write("nginx.conf", "events {}\n");
    write("bin/run", "#!/bin/sh\n", 0755);
    write("logo.png", std::string("\x89PNG\0\xff", 6), 0600);
    const auto text = build();
    ASSERT_TRUE(text) << text.error().message;
    const auto payload = release::wire::parse_payload(*text);
    ASSERT_TRUE(payload) << payload.error().message;
    ASSERT_EQ(payload->files.size(), 3U);
    EXPECT_EQ(payload->files[0].path, "bin/run");
    EXPECT_EQ(payload->files[0].mode, 0755);
    EXPECT_EQ(payload->files[1].path, "logo.png");
    EXPECT_EQ(payload->files[1].content, std::string("\x89PNG\0\xff", 6));
    EXPECT_EQ(payload->files[1].mode, 0600);
    EXPECT_EQ(payload->files[2].content, "events {}\n");
    EXPECT_THAT(*text, HasSubstr("events {}")) << "text stays text";
}

TEST_F(PayloadFolder, marks_templates_by_glob) {
    write("nginx.conf", "${node.name}");
    write("conf.d/a.conf", "a");
    write("conf.d/a.txt", "a");
    const auto text = build({"conf.d/*.conf"});
    ASSERT_TRUE(text);
    const auto payload = release::wire::parse_payload(*text);
    ASSERT_TRUE(payload);
    EXPECT_TRUE(payload->files[0].is_template);
    EXPECT_FALSE(payload->files[1].is_template);
    EXPECT_FALSE(payload->files[2].is_template);
    EXPECT_THAT(refusal({"*.tmpl"}), HasSubstr("*.tmpl matches no file"));
}

TEST_F(PayloadFolder, refuses_links_and_special_files_by_name) {
    write("a", "a");
    fs::create_symlink("/etc/passwd", folder / "link");
    EXPECT_THAT(refusal(), HasSubstr("link is a link"));
    fs::remove(folder / "link");
    ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
    EXPECT_THAT(refusal(), HasSubstr("pipe is neither a file nor a folder"));
    fs::remove(folder / "pipe");
    fs::create_directory_symlink(folder, folder / "loop");
    EXPECT_THAT(refusal(), HasSubstr("loop is a link"));
}

TEST_F(PayloadFolder, refuses_names_and_modes_that_no_payload_can_carry) {
    write("set", "a", 04755);
    EXPECT_THAT(refusal(), HasSubstr("set-uid"));
    fs::remove(folder / "set");
    write("bad\xff", "a");
    EXPECT_THAT(refusal(), HasSubstr("bad\\xff: its name is not UTF-8"));
}

TEST_F(PayloadFolder, refuses_too_much_with_the_sizes) {
    write("small", "a");
    write("large", std::string(9U << 20U, 'x'));
    const std::string message = refusal();
    EXPECT_THAT(message, HasSubstr("9.0 MiB (9,437,185 bytes)"));
    EXPECT_THAT(message, HasSubstr("8.0 MiB (8,388,608 bytes)"));
    EXPECT_THAT(message, HasSubstr("large with 9.0 MiB"));
    write("large", std::string(7U << 20U, '\xff'));
    EXPECT_THAT(refusal(), HasSubstr("as JSON is 9.3 MiB")) << "base64 makes it larger";
}

TEST_F(PayloadFolder, refuses_nothing_at_all) {
    fs::create_directories(folder / "empty/folder");
    EXPECT_THAT(refusal(), HasSubstr("holds no file"));
    EXPECT_FALSE(payload_from_folder((folder / "missing").string(), {}));
}

TEST_F(PayloadFolder, reads_a_payload_file_up_to_the_limit) {
    write("p.json", R"({"files":[]})");
    EXPECT_EQ(payload_from_file((folder / "p.json").string()).value_or(""), R"({"files":[]})");
    write("p.json", std::string((8U << 20U) + 1, ' '));
    EXPECT_THAT(payload_from_file((folder / "p.json").string()).error().message,
                HasSubstr("8,388,609 bytes"));
    EXPECT_FALSE(payload_from_file((folder / "none").string()));
}

TEST(Matches, uses_the_name_or_the_whole_path) {
    EXPECT_TRUE(matches("*.conf", "conf.d/site.conf"));
    EXPECT_TRUE(matches("conf.d/*.conf", "conf.d/site.conf"));
    EXPECT_FALSE(matches("conf.d/*.conf", "conf.d/deep/site.conf"));
    EXPECT_FALSE(matches("*.conf", "site.txt"));
}

}  // namespace
}  // namespace edgeroll::cli
