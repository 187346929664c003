#include "control/cli/ignore_rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace edgeroll::cli {
namespace {

using ::testing::HasSubstr;

std::vector<IgnoreRule> rules(std::string_view text) {
    auto parsed = parse_ignore_rules(text);
    EXPECT_TRUE(parsed) << parsed.error().message;
    return parsed.value_or(std::vector<IgnoreRule>{});
}

bool leaves_out(std::string_view text, std::string_view path, bool is_folder = false) {
    return is_ignored(rules(text), path, is_folder);
}

std::string refusal(std::string_view text) {
    const auto parsed = parse_ignore_rules(text);
    EXPECT_FALSE(parsed) << text;
    return parsed ? "" : parsed.error().message;
}

TEST(LeftOut, a_pattern_without_slash_is_for_the_name_at_any_depth) {
    EXPECT_TRUE(leaves_out("*.bak", "a.bak"));
    EXPECT_TRUE(leaves_out("*.bak", "conf.d/deep/a.bak"));
    EXPECT_FALSE(leaves_out("*.bak", "a.bak.conf"));
    EXPECT_TRUE(leaves_out("cache", "deep/cache", true));
}

TEST(LeftOut, a_slash_makes_it_a_path_from_the_top) {
    EXPECT_TRUE(leaves_out("conf.d/*.bak", "conf.d/a.bak"));
    EXPECT_FALSE(leaves_out("conf.d/*.bak", "deep/conf.d/a.bak"));
    EXPECT_FALSE(leaves_out("conf.d/*.bak", "conf.d/deep/a.bak"));
    EXPECT_TRUE(leaves_out("/conf.d/*.bak", "conf.d/a.bak"));
    EXPECT_TRUE(leaves_out("/notes", "notes"));
    EXPECT_FALSE(leaves_out("/notes", "deep/notes"));
}

TEST(LeftOut, a_slash_at_the_end_means_folders_only) {
    EXPECT_TRUE(leaves_out("cache/", "deep/cache", true));
    EXPECT_FALSE(leaves_out("cache/", "deep/cache", false));
    EXPECT_TRUE(leaves_out("/cache/", "cache", true));
    EXPECT_FALSE(leaves_out("/cache/", "deep/cache", true));
    EXPECT_TRUE(leaves_out("a/b/", "a/b", true));
    EXPECT_FALSE(leaves_out("a/b/", "c/a/b", true));
}

TEST(LeftOut, blank_lines_comments_and_what_editors_add_are_no_patterns) {
    EXPECT_TRUE(rules("").empty());
    EXPECT_TRUE(rules("\n# *.conf\n   \n\r\n").empty());
    EXPECT_TRUE(leaves_out("\xef\xbb\xbf*.bak\r\n*.old  \r\n", "a.bak"));
    EXPECT_TRUE(leaves_out("\xef\xbb\xbf*.bak\r\n*.old  \r\n", "a.old"));
    EXPECT_TRUE(leaves_out("\\#a", "#a"));
    EXPECT_TRUE(leaves_out("\\!a", "!a"));
}

TEST(LeftOut, refuses_what_it_does_not_understand_with_the_line) {
    EXPECT_THAT(refusal("*.bak\n\n!keep.bak\n"), HasSubstr(".edgerollignore line 3: !keep.bak: "));
    EXPECT_THAT(refusal("a/**/b"), HasSubstr("line 1: a/**/b: '**' is not supported"));
    EXPECT_THAT(refusal("/"), HasSubstr("line 1"));
    EXPECT_THAT(refusal("./a"), HasSubstr("'.' or '..' part"));
    EXPECT_THAT(refusal("a/../b"), HasSubstr("'.' or '..' part"));
    EXPECT_THAT(refusal("a//b"), HasSubstr("empty"));
    EXPECT_THAT(refusal(" a"), HasSubstr("begins with a blank"));
    EXPECT_THAT(refusal("a\\ "), HasSubstr("nothing follows"));
    EXPECT_THAT(refusal("a\x1b[2Jb"), HasSubstr("control character"));
    EXPECT_THAT(refusal("a\x1b[2Jb"), HasSubstr("a\\x1b[2Jb"));
    for (const char* pattern : {"private\\/", "a\\/b", "/a\\/b/", "a\\\\\\/b", "[a\\/b]"})
        EXPECT_THAT(refusal(std::string("\n") + pattern), HasSubstr("line 2")) << pattern;
    EXPECT_THAT(refusal("private\\/"), HasSubstr("'\\' before a '/'"));
    EXPECT_TRUE(leaves_out("a\\\\/b", "a\\/b"));
    EXPECT_TRUE(leaves_out("a\\\\/", "a\\", true));
    EXPECT_TRUE(leaves_out("a\\\\", "a\\")) << "a backslash may mean itself";
}

TEST(LeftOut, git_is_a_name_and_nothing_that_looks_like_it) {
    EXPECT_TRUE(is_git(".git"));
    EXPECT_TRUE(is_git("modules/a/.git"));
    EXPECT_FALSE(is_git(".gitignore"));
    EXPECT_FALSE(is_git("a.git"));
}

TEST(LeftOut, is_told_in_a_few_words) {
    EXPECT_EQ(told({}), "");
    EXPECT_EQ(told({0, 0, true}), "left out: .git");
    EXPECT_EQ(told({1, 0, false}), "left out: 1 file by .edgerollignore");
    EXPECT_EQ(told({12, 1, true}), "left out: 12 files, 1 folder by .edgerollignore, .git");
    EXPECT_EQ(told({0, 2, false}), "left out: 2 folders by .edgerollignore");
}

}  // namespace
}  // namespace edgeroll::cli
