#include "control/cli/config_push.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "control/cli/run.hpp"
#include "fakes.hpp"
#include "release/wire/payload.hpp"

namespace edgeroll::cli {
namespace {

namespace fs = std::filesystem;
using release::wire::Json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// Looks like a key, but is none.
const std::string key_text = "-----BEGIN " + std::string("PRIVATE KEY-----\n") +
                             std::string(64, 'M') + "\n-----END PRIVATE KEY-----\n";

struct Push : ::testing::Test {
    test::World world;
    fs::path folder;

    Push() {
        std::string pattern = (fs::temp_directory_path() / "edgeroll-cli-XXXXXX").string();
        folder = ::mkdtemp(pattern.data());
        world.http.answers_data("{}");
    }
    ~Push() override { fs::remove_all(folder); }
    ExitStatus run_as(const ConfigPush& what) { return run(what, Format::table, world.ports()); }
    std::string write(const std::string& name, const std::string& content) {
        std::ofstream(folder / name, std::ios::binary) << content;
        return (folder / name).string();
    }
};

TEST_F(Push, sends_a_payload_file_byte_for_byte) {
    const std::string text = "{ \"files\" : [ {\"path\":\"a\",\"content\":\"x\"} ] }";
    ConfigPush push{write("p.json", text), 42, "a \"note\"", {}};
    EXPECT_EQ(run_as(push), ExitStatus::success) << world.screen.errors;
    const ApiRequest& sent = world.http.requests[0];
    EXPECT_EQ(sent.method, "PUT");
    EXPECT_EQ(sent.path, "/api/v1/configs/42");
    EXPECT_EQ(sent.body, "{\"payload\":" + text + ",\"note\":\"a \\\"note\\\"\"}");
    const auto digest = release::wire::content_digest(*release::wire::parse_payload(text));
    EXPECT_THAT(world.screen.written, HasSubstr("version 42 stored: 1 file, "));
    EXPECT_THAT(world.screen.written, HasSubstr(digest));
}

TEST_F(Push, says_what_became_of_it) {
    const std::string file = write("p.json", R"({"files":[{"path":"a","content":"x"}]})");
    for (const char* outcome : {"stored", "unchanged", "replaced"}) {
        world.screen.written.clear();
        world.http.answers.clear();
        world.http.answers_data(std::string(R"({"outcome":")") + outcome + R"("})");
        EXPECT_EQ(run_as(ConfigPush{file, 42, "", {}}), ExitStatus::success);
        EXPECT_THAT(world.screen.written, HasSubstr(std::string("version 42 ") + outcome + ":"));
    }
}

TEST_F(Push, sends_a_folder) {
    write("nginx.conf", "events {}");
    EXPECT_EQ(run_as(ConfigPush{folder.string(), 1, "", {"*.conf"}}), ExitStatus::success)
        << world.screen.errors;
    const auto body = Json::parse(world.http.requests[0].body);
    EXPECT_FALSE(body.contains("note"));
    EXPECT_EQ(body["payload"]["files"][0]["path"], "nginx.conf");
    EXPECT_EQ(body["payload"]["files"][0]["template"], true);
}

TEST_F(Push, sends_nothing_that_is_no_payload) {
    for (const char* text : {"{\"files\":[{\"path\":\"../x\",\"content\":\"\"}]}", "[]", "{",
                             "{\"files\":[{\"path\":\"edgeroll-version\",\"content\":\"\"}]}"}) {
        EXPECT_EQ(run_as(ConfigPush{write("p.json", text), 42, "", {}}), ExitStatus::refused)
            << text;
    }
    EXPECT_EQ(run_as(ConfigPush{write("p.json", "{}"), 42, "", {"*.x"}}), ExitStatus::refused);
    EXPECT_EQ(run_as(ConfigPush{(folder / "none").string(), 42, "", {}}), ExitStatus::refused);
    EXPECT_TRUE(world.http.requests.empty());
    EXPECT_THAT(world.screen.errors, HasSubstr("p.json is no payload: "));
}

TEST_F(Push, sends_secrets_and_says_how_many) {
    write("nginx.conf", "events {}");
    write("edge.key", key_text);
    write("token.txt", "root live/tls;");
    ConfigPush push{folder.string(), 1, "", {"*.txt"}, {"*.key", "token.txt"}};
    ASSERT_EQ(run_as(push), ExitStatus::success) << world.screen.errors;
    const auto files = Json::parse(world.http.requests[0].body)["payload"]["files"];
    EXPECT_EQ(files[0]["path"], "edge.key");
    EXPECT_EQ(files[0]["secret"], true);
    EXPECT_FALSE(files[0].contains("mode"));
    EXPECT_FALSE(files[1].contains("secret"));
    EXPECT_EQ(files[2]["secret"], true);
    EXPECT_EQ(files[2]["template"], true);
    EXPECT_THAT(world.screen.written, HasSubstr("stored: 3 files, 2 of them secret, "));
    EXPECT_EQ(world.screen.errors, "");
}

TEST_F(Push, quotes_nothing_of_a_secret) {
    write("nginx.conf", "root hidden-word/a;");
    const std::string text = R"({"files":[{"path":"a","content":"root hidden-word/a;","secret":)";
    for (const bool is_secret : {false, true}) {
        world.screen.errors.clear();
        ConfigPush folder_push{folder.string(), 1, "", {}, {}};
        if (is_secret) folder_push.secrets = {"*.conf"};
        EXPECT_EQ(run_as(folder_push), ExitStatus::success);
        EXPECT_EQ(world.screen.errors.find("hidden-word") == std::string::npos, is_secret);
        world.screen.errors.clear();
        fs::create_directories(folder / "..payload");
        const std::string file =
            write("..payload/p.json", text + (is_secret ? "true}]}" : "false}]}"));
        EXPECT_EQ(run_as(ConfigPush{file, 1, "", {}}), ExitStatus::success);
        EXPECT_EQ(world.screen.errors.find("hidden-word") == std::string::npos, is_secret);
        fs::remove_all(folder / "..payload");
    }
}

TEST_F(Push, refuses_private_keys_that_are_not_secret) {
    write("nginx.conf", "events {}");
    for (const char* name : {"a.key", "b.pem", "c.p12"})
        write(name, key_text);
    EXPECT_EQ(run_as(ConfigPush{folder.string(), 1, "", {}, {"b.pem"}}), ExitStatus::refused);
    EXPECT_TRUE(world.http.requests.empty());
    EXPECT_THAT(
        world.screen.errors,
        AllOf(HasSubstr("private keys that are not secret: a.key, c.p12; "),
              HasSubstr("--secret GLOB"), HasSubstr("--allow-plain-keys"), Not(HasSubstr("MMM"))));
    for (int number = 10; number < 20; ++number)
        write("d" + std::to_string(number), key_text);
    EXPECT_EQ(run_as(ConfigPush{folder.string(), 1, "", {}}), ExitStatus::refused);
    EXPECT_THAT(world.screen.errors, HasSubstr("d16 and 3 more; "));
}

TEST_F(Push, refuses_them_in_a_payload_file_too) {
    const Json plain = {{"path", "a.key"}, {"content", key_text}};
    Json secret = plain;
    secret["secret"] = true;
    const auto text = [](const Json& file) {
        return release::wire::dump_json({{"files", Json::array({file})}});
    };
    EXPECT_EQ(run_as(ConfigPush{write("p.json", text(plain)), 1, "", {}}), ExitStatus::refused);
    EXPECT_TRUE(world.http.requests.empty());
    EXPECT_THAT(world.screen.errors, AllOf(HasSubstr("a.key"), HasSubstr("\"secret\":true"),
                                           HasSubstr("--allow-plain-keys")));
    EXPECT_EQ(run_as(ConfigPush{write("p.json", text(secret)), 1, "", {}}), ExitStatus::success);
}

TEST_F(Push, warns_of_private_keys_that_are_allowed) {
    write("a.key", key_text);
    ConfigPush push{folder.string(), 1, "", {}};
    push.allows_plain_keys = true;
    EXPECT_EQ(run_as(push), ExitStatus::success);
    EXPECT_EQ(world.http.requests.size(), 1U);
    EXPECT_THAT(world.screen.errors,
                AllOf(HasSubstr("warning"), HasSubstr("admins"), HasSubstr("database"),
                      HasSubstr("private keys in a.key\n"), Not(HasSubstr("MMM"))));
}

TEST_F(Push, says_what_was_left_out) {
    write("nginx.conf", "events {}");
    write("a.key", key_text);
    write(".git", "gitdir: elsewhere");
    write(".edgerollignore", "*.key\n");
    ASSERT_EQ(run_as(ConfigPush{folder.string(), 1, "", {}}), ExitStatus::success)
        << world.screen.errors;
    EXPECT_THAT(world.screen.written, HasSubstr("stored: 1 file, "));
    EXPECT_THAT(world.screen.written, HasSubstr("; left out: 1 file by .edgerollignore, .git\n"));
    EXPECT_EQ(Json::parse(world.http.requests[0].body)["payload"]["files"].size(), 1U);
}

TEST_F(Push, follows_links_when_told_to) {
    const std::string file = write("nginx.conf", "events {}");
    fs::create_directories(folder / "site");
    fs::create_symlink(file, folder / "site/nginx.conf");
    ConfigPush push{(folder / "site").string(), 1, "", {}};
    EXPECT_EQ(run_as(push), ExitStatus::refused);
    EXPECT_THAT(world.screen.errors, HasSubstr("--dereference"));
    push.follows_links = true;
    ASSERT_EQ(run_as(push), ExitStatus::success);
    EXPECT_EQ(Json::parse(world.http.requests[0].body)["payload"]["files"][0]["content"],
              "events {}");
}

TEST_F(Push, refuses_options_of_folders_for_a_payload_file) {
    const std::string file = write("p.json", "{}");
    EXPECT_EQ(run_as(ConfigPush{file, 1, "", {}, {"*.key"}}), ExitStatus::refused);
    EXPECT_THAT(world.screen.errors, HasSubstr("--secret is for a folder; in a payload file say "
                                               "\"secret\":true"));
    ConfigPush push{file, 1, "", {}};
    push.follows_links = true;
    EXPECT_EQ(run_as(push), ExitStatus::refused);
    EXPECT_THAT(world.screen.errors, HasSubstr("--dereference is for a folder"));
    EXPECT_TRUE(world.http.requests.empty());
}

TEST_F(Push, shows_why_control_keeps_no_secrets) {
    world.http.answers.clear();
    world.http.answers_with(R"({"code":2002,"message":"secrets need SECRETS_KEY_FILE"})", 400);
    write("a.key", key_text);
    EXPECT_EQ(run_as(ConfigPush{folder.string(), 1, "", {}, {"*.key"}}), ExitStatus::refused);
    EXPECT_THAT(world.screen.errors, HasSubstr("secrets need SECRETS_KEY_FILE (code 2002)"));
}

}  // namespace
}  // namespace edgeroll::cli
