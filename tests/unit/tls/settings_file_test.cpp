#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tls/rt/settings.hpp"

namespace edgeroll::rt {
namespace {

using release::Millis;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class SettingsFile : public testing::Test {
  protected:
    void SetUp() override {
        std::string name = std::filesystem::temp_directory_path() / "edgeroll-settings-XXXXXX";
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        folder_ = name;
        path_ = folder_ / "edgeroll.toml";
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    void write(const std::string& text, int mode = 0600) {
        std::ofstream(path_) << text;
        std::filesystem::permissions(path_, static_cast<std::filesystem::perms>(mode));
    }

    std::string load(const std::map<std::string, std::string>& env = {}) {
        const auto done = load_settings(table_, path_.string(), env);
        return done ? std::string{} : done.error().message;
    }

    std::filesystem::path folder_, path_;
    Millis lease_{15'000};
    int count_ = 8;
    bool flag_ = true;
    std::string text_, secret_;
    LooseFiles loose_ = LooseFiles::refused;
    std::vector<Setting> table_{
        seconds_setting("LEASE_SEC", lease_, Millis{1}, "lease"),
        number_setting("COUNT", count_, 1, 100, "count"),
        flag_setting("FLAG", flag_, "flag"),
        text_setting("ALLOWED", text_, "text"),
        secret_setting("SECRET", secret_, "secret"),
        loose_files_setting(loose_),
    };
};

TEST_F(SettingsFile, reads_numbers_texts_switches_and_lists) {
    write("lease_sec = 2.5\ncount = 9\nflag = false\nallowed = [\"a\", \"b\"]\nsecret = \"s\"\n");
    EXPECT_EQ(load(), "");
    EXPECT_EQ(lease_, Millis{2500});
    EXPECT_EQ(count_, 9);
    EXPECT_FALSE(flag_);
    EXPECT_EQ(text_, "a,b");
    EXPECT_EQ(secret_, "s");
}

TEST_F(SettingsFile, gives_way_to_the_environment) {
    write("count = 9\nlease_sec = \"3\"\n");
    EXPECT_EQ(load({{"COUNT", "10"}}), "");
    EXPECT_EQ(count_, 10);
    EXPECT_EQ(lease_, Millis{3000});
}

TEST_F(SettingsFile, refuses_an_unknown_key_and_names_it) {
    write("cuont = 9\n");
    EXPECT_THAT(load(), AllOf(HasSubstr("'cuont'"), HasSubstr(path_.string())));
    write("COUNT = 9\n");
    EXPECT_THAT(load(), HasSubstr("'COUNT'"));
    write("[control]\ncount = 9\n");
    EXPECT_THAT(load(), HasSubstr("'control'"));
}

TEST_F(SettingsFile, refuses_a_value_of_the_wrong_type_or_range) {
    write("count = 2020-01-01\n");
    EXPECT_THAT(load(), AllOf(StartsWith("COUNT (in "), HasSubstr("wrong type")));
    write("count = 101\n");
    EXPECT_THAT(load(), AllOf(StartsWith("COUNT (in "), HasSubstr("1 to 100")));
    write("count = [1]\n");
    EXPECT_THAT(load(), HasSubstr("wrong type"));
}

TEST_F(SettingsFile, says_where_the_text_is_broken_without_quoting_it) {
    write("count = 9\nsecret = \"hunter2\n");
    EXPECT_THAT(load(),
                AllOf(HasSubstr("line 2"), Not(HasSubstr("hunter2")), Not(HasSubstr("\n"))));
    write("secret = hunter2\n");
    EXPECT_THAT(load(), AllOf(HasSubstr("line 1"), Not(HasSubstr("hunter"))));
    write("count = 1\ncount = 2\n");
    EXPECT_THAT(load(), HasSubstr("line 2"));
}

TEST_F(SettingsFile, names_a_file_that_cannot_be_read) {
    EXPECT_THAT(load(), AllOf(StartsWith("--config: "), HasSubstr(path_.string()),
                              HasSubstr("No such file")));
    EXPECT_FALSE(load_settings(table_, folder_.string(), {}));
    write(std::string(2U << 20, '#'));
    EXPECT_THAT(load(), HasSubstr("1 MiB"));
}

TEST_F(SettingsFile, refuses_a_secret_in_a_file_that_everybody_may_read) {
    write("count = 9\nsecret = \"hunter2\"\n", 0644);
    EXPECT_THAT(load(),
                AllOf(StartsWith("--config: '" + path_.string() + "' may be read by everybody"),
                      HasSubstr("SECRET"), Not(HasSubstr("hunter2"))));
    EXPECT_EQ(load({{"ALLOW_LOOSE_FILES", "1"}}), "");
    EXPECT_EQ(loose_, LooseFiles::allowed);
    write("count = 9\nsecret = \"hunter2\"\nallow_loose_files = true\n", 0644);
    EXPECT_EQ(load(), "");
    EXPECT_THAT(load({{"ALLOW_LOOSE_FILES", "0"}}), HasSubstr("everybody"))
        << "the environment wins";
    write("count = 9\nsecret = \"\"\n", 0644);
    EXPECT_EQ(load(), "") << "there is none in it";
    write("secret = \"harmless\"\n", 0644);
    table_[4].holds_secret = [](std::string_view text) { return text.find('@') != text.npos; };
    EXPECT_EQ(load(), "");
    write("secret = \"user:pw@host\"\n", 0644);
    EXPECT_THAT(load(), HasSubstr("everybody"));
}

TEST_F(SettingsFile, takes_an_empty_file_as_no_settings) {
    write("");
    EXPECT_EQ(load(), "");
    EXPECT_EQ(count_, 8);
}

}  // namespace
}  // namespace edgeroll::rt
