#include "control/cli/payload_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "release/text/base64.hpp"
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
    [[nodiscard]] Answer<std::string> build(const FolderOptions& options = {}) const {
        auto payload = payload_from_folder(folder.string(), options);
        if (!payload) return tl::unexpected(payload.error());
        return payload->text;
    }
    [[nodiscard]] std::string refusal(const FolderOptions& options = {}) const {
        const auto answer = build(options);
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
    const auto text = build({.templates = {"conf.d/*.conf"}});
    ASSERT_TRUE(text);
    const auto payload = release::wire::parse_payload(*text);
    ASSERT_TRUE(payload);
    EXPECT_TRUE(payload->files[0].is_template);
    EXPECT_FALSE(payload->files[1].is_template);
    EXPECT_FALSE(payload->files[2].is_template);
    EXPECT_THAT(refusal({.templates = {"*.tmpl"}}), HasSubstr("*.tmpl matches no file"));
}

TEST_F(PayloadFolder, marks_secrets_by_glob_and_leaves_their_mode_to_the_default) {
    write("tls/edge.key", "${node.name}", 0600);
    write("tls/edge.crt", "crt", 0600);
    write("token", std::string("\0\xff", 2), 0444);
    const auto text = build({.templates = {"*.key"}, .secrets = {"tls/*.key", "token"}});
    ASSERT_TRUE(text) << text.error().message;
    const auto payload = release::wire::parse_payload(*text);
    ASSERT_TRUE(payload) << payload.error().message;
    ASSERT_EQ(payload->files.size(), 3U);
    EXPECT_FALSE(payload->files[0].is_secret);
    EXPECT_EQ(payload->files[0].mode, 0600);
    EXPECT_TRUE(payload->files[1].is_secret);
    EXPECT_TRUE(payload->files[1].is_template);
    EXPECT_EQ(payload->files[1].mode, 0640);
    EXPECT_TRUE(payload->files[2].is_secret);
    EXPECT_EQ(payload->files[2].mode, 0640);
    EXPECT_EQ(payload->files[2].content, std::string("\0\xff", 2));
    EXPECT_THAT(refusal({.secrets = {"*.key", "*.pem"}}),
                HasSubstr("--secret *.pem matches no file"));
}

TEST_F(PayloadFolder, says_of_a_glob_that_means_only_what_is_left_out) {
    write("a", "a");
    write("edge.key", "key");
    write(".edgerollignore", "*.key\n");
    EXPECT_THAT(refusal({.secrets = {"*.key"}}),
                HasSubstr("--secret *.key matches no file that would be pushed"));
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
    EXPECT_THAT(payload_from_file("/proc/self/mem").error().message,
                HasSubstr("cannot read /proc/self/mem"));
}

TEST_F(PayloadFolder, refuses_a_payload_file_with_a_byte_order_mark) {
    write("p.json", "\xef\xbb\xbf{\"files\":[]}");
    const auto text = payload_from_file((folder / "p.json").string());
    ASSERT_FALSE(text);
    EXPECT_THAT(text.error().message, HasSubstr("p.json begins with a byte order mark"));
}

}  // namespace
}  // namespace edgeroll::cli
