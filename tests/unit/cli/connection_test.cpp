#include "control/cli/connection.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace edgeroll::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;
using Environment = std::map<std::string, std::string>;

struct FindConnection : ::testing::Test {
    fs::path folder;
    Invocation invocation;

    FindConnection() {
        std::string pattern = (fs::temp_directory_path() / "edgeroll-cli-XXXXXX").string();
        folder = ::mkdtemp(pattern.data());
    }
    ~FindConnection() override { fs::remove_all(folder); }
    std::string token_file(const std::string& content) {
        std::ofstream(folder / "token", std::ios::binary) << content;
        fs::permissions(folder / "token", static_cast<fs::perms>(0600));
        return (folder / "token").string();
    }
};

TEST_F(FindConnection, has_a_default) {
    const auto found = find_connection(invocation, {});
    ASSERT_TRUE(found);
    EXPECT_EQ(found->url, "http://127.0.0.1:8080");
    EXPECT_EQ(found->token, "");
}

TEST_F(FindConnection, prefers_options_to_the_environment) {
    const Environment environment{{"EDGEROLL_URL", "https://control.example/"},
                                  {"EDGEROLL_TOKEN", "from-environment"}};
    EXPECT_EQ(find_connection(invocation, environment)->url, "https://control.example");
    EXPECT_EQ(find_connection(invocation, environment)->token, "from-environment");
    invocation.url = "http://[::1]:9";
    invocation.token_file = token_file("from-file\n");
    EXPECT_EQ(find_connection(invocation, environment)->url, "http://[::1]:9");
    EXPECT_EQ(find_connection(invocation, environment)->token, "from-file");
}

TEST_F(FindConnection, refuses_what_is_no_url_and_names_the_setting) {
    for (const char* url :
         {"control:8080", "ftp://c", "http://", "http://a b", "http://c/?x=1", "http://user@c",
          "http://c\r\nX: y", "https://[::ffff:127.0.0.1%1]:8443", "http://[fe80::1%eth0]",
          "http://c:99999"}) {
        const auto found = find_connection(invocation, {{"EDGEROLL_URL", url}});
        ASSERT_FALSE(found) << url;
        EXPECT_EQ(found.error().status, ExitStatus::refused);
        EXPECT_THAT(found.error().message, HasSubstr("EDGEROLL_URL is "));
        EXPECT_THAT(found.error().message, Not(HasSubstr("\n")));
    }
    invocation.url = "nonsense";
    EXPECT_THAT(find_connection(invocation, {}).error().message, HasSubstr("--url is nonsense"));
}

TEST_F(FindConnection, refuses_bad_tokens_without_showing_them) {
    const auto split = find_connection(invocation, {{"EDGEROLL_TOKEN", "se\r\ncret"}});
    ASSERT_FALSE(split);
    EXPECT_THAT(split.error().message, Not(HasSubstr("cret")));
    invocation.token_file = token_file("two words\n");
    EXPECT_THAT(find_connection(invocation, {}).error().message, Not(HasSubstr("words")));
    invocation.token_file = token_file("\n");
    EXPECT_THAT(find_connection(invocation, {}).error().message, HasSubstr("holds no token"));
    invocation.token_file = token_file(std::string(9000, 'x'));
    EXPECT_THAT(find_connection(invocation, {}).error().message, HasSubstr("is larger than 8 KiB"));
    for (const fs::path& path : {folder / "missing", folder}) {
        invocation.token_file = path.string();
        EXPECT_THAT(find_connection(invocation, {}).error().message, HasSubstr("cannot be read"));
    }
}

TEST_F(FindConnection, refuses_a_token_that_everybody_may_read) {
    invocation.token_file = token_file("s3cret\n");
    fs::permissions(folder / "token", static_cast<fs::perms>(0644));
    const auto refused = find_connection(invocation, {});
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("may be read by everybody"));
    EXPECT_THAT(refused.error().message, Not(HasSubstr("s3cret")));
    EXPECT_EQ(find_connection(invocation, {{"ALLOW_LOOSE_FILES", "1"}})->token, "s3cret");
}

}  // namespace
}  // namespace edgeroll::cli
