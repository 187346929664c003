#include "control/cli/text.hpp"

#include <gtest/gtest.h>

namespace edgeroll::cli {
namespace {

TEST(Printable, keeps_what_is_harmless) {
    EXPECT_EQ(printable("nginx: [emerg] 50 % größer 配置 ✓"), "nginx: [emerg] 50 % größer 配置 ✓");
}

TEST(Printable, escapes_what_moves_the_cursor) {
    EXPECT_EQ(printable("a\nb\rc\td"), "a\\nb\\rc\\td");
    EXPECT_EQ(printable("\x1b[2J\x07"), "\\x1b[2J\\x07");
    EXPECT_EQ(printable("\x7f"), "\\x7f");
    EXPECT_EQ(printable(std::string_view("a\0b", 3)), "a\\x00b");
    EXPECT_EQ(printable("\xc2\x9b"), "\\x9b") << "C1 control: CSI in one character";
}

TEST(Printable, escapes_what_reorders_or_hides_text) {
    EXPECT_EQ(printable("\u202edrowssap"), "\\u202edrowssap");
    EXPECT_EQ(printable("a\u2066b\u200bc\ufeff"), "a\\u2066b\\u200bc\\ufeff");
    EXPECT_EQ(printable("one\u2028two"), "one\\u2028two");
}

TEST(Printable, escapes_broken_utf8) {
    EXPECT_EQ(printable("a\xff\xc3"), "a\\xff\\xc3");
    EXPECT_EQ(printable("\xc0\xaf"), "\\xc0\\xaf") << "overlong";
    EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80") << "surrogate";
}

TEST(DisplayWidth, counts_columns_not_bytes) {
    EXPECT_EQ(display_width("größe"), 5U);
    EXPECT_EQ(display_width("配置"), 4U);
    EXPECT_EQ(display_width("e\u0301"), 1U);
    EXPECT_EQ(display_width("𠀀"), 2U);
}

TEST(CutToWidth, never_splits_a_character) {
    EXPECT_EQ(cut_middle_to_width("0123456789", 10), "0123456789");
    EXPECT_EQ(cut_middle_to_width("nginx: [emerg] unknown directive ... test failed", 21),
              "nginx: [ ... t failed");
    EXPECT_EQ(cut_middle_to_width("配置配置配置", 11), "配 ... 置");
    EXPECT_EQ(cut_to_width("short", 5), "short");
    EXPECT_EQ(cut_to_width("longer", 5), "lo...");
    EXPECT_EQ(cut_to_width("配置配置", 6), "配...");
    EXPECT_EQ(cut_to_width("配置配置", 7), "配置...");
}

TEST(Padded, fills_by_columns) {
    EXPECT_EQ(padded("配", 4, Align::left) + "|", "配  |");
    EXPECT_EQ(padded("7", 3, Align::right), "  7");
    EXPECT_EQ(padded("long", 3, Align::right), "long");
}

TEST(Numbers, are_readable) {
    EXPECT_EQ(grouped(7), "7");
    EXPECT_EQ(grouped(123456), "123,456");
    EXPECT_EQ(grouped(8388608), "8,388,608");
    EXPECT_EQ(human_bytes(1023), "1023 B");
    EXPECT_EQ(human_bytes(9523), "9.3 KiB");
    EXPECT_EQ(human_bytes(8U << 20U), "8.0 MiB");
}

}  // namespace
}  // namespace edgeroll::cli
