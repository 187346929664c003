#include "agent/redact.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

namespace edgeroll::agent {
namespace {

Secrets secrets_of(const std::vector<std::string>& texts) {
    Secrets secrets;
    for (const std::string& text : texts)
        secrets.add(text);
    return secrets;
}

TEST(Redact, puts_a_mark_in_place_of_each_line) {
    const Secrets key = secrets_of({"-----BEGIN KEY-----\n\t c2VjcmV0LW9uZQ== \r\nlast line here"});
    EXPECT_EQ(redact("it has c2VjcmV0LW9uZQ==, and c2VjcmV0LW9uZQ== again", key),
              "it has [secret], and [secret] again");
    EXPECT_EQ(redact("-----BEGIN KEY-----\n\t c2VjcmV0LW9uZQ== \r\nlast line here\n", key),
              "[secret]\n\t [secret] \r\n[secret]\n");
    EXPECT_EQ(redact("-----BEGIN KEY----- | c2VjcmV0LW9uZQ==", key), "[secret] | [secret]");
}

TEST(Redact, leaves_everything_else_as_it_is) {
    const Secrets secrets = secrets_of({"seven77\n\n   \neight888\n"});
    ASSERT_EQ(secrets.lines().size(), 1U) << "shorter lines are no secrets";
    const std::string text("seven77 eight88\0eight\n888 \xff\xfe", 27);
    EXPECT_EQ(redact(text, secrets), text);
    EXPECT_EQ(redact("", secrets), "");
    EXPECT_EQ(redact("eight888", Secrets()), "eight888");
    EXPECT_TRUE(secrets_of({"short\n", ""}).is_empty());
}

TEST(Redact, looks_for_lines_without_what_editors_put_around_them) {
    const std::string mark = "\xef\xbb\xbf", space = "\xc2\xa0";
    const Secrets secrets = secrets_of({mark + "one-of-four" + space + "\rtwo-of-four\r\n" + space +
                                        "\t" + space + "three-of-four\rfour-of-four"});
    EXPECT_THAT(secrets.lines(), ::testing::ElementsAre("one-of-four", "two-of-four",
                                                        "three-of-four", "four-of-four"));
    // Letters that share their first or last bytes with the secret stay whole.
    const std::string letters = "\xc3\xa0 la carte \xc2\xa9 2026 \xef\xbb\xbc";
    EXPECT_THAT(secrets_of({letters}).lines(), ::testing::ElementsAre(letters));
    EXPECT_TRUE(secrets_of({mark + space + space + space + space + space}).is_empty());
}

TEST(Redact, has_one_mark_for_lines_that_overlap) {
    const Secrets secrets = secrets_of({"abcdefgh12345678\n12345678XXXXXXXX\ncdefgh12"});
    EXPECT_EQ(redact("<abcdefgh12345678XXXXXXXX>", secrets), "<[secret]>");
    EXPECT_EQ(redact("<abcdefgh1234567812345678XXXXXXXX>", secrets), "<[secret]>");
    EXPECT_EQ(redact("<bcdefgh1234>", secrets), "<b[secret]34>");
}

TEST(Redact, takes_the_longest_of_lines_that_begin_alike) {
    const Secrets secrets = secrets_of({"password\npassword-one\npassword-one-two\n"});
    EXPECT_EQ(redact("password-one-two password-one- password-", secrets),
              "[secret] [secret]- [secret]-");
}

TEST(Redact, leaves_no_line_that_marks_themselves_make) {
    const Secrets secrets = secrets_of({"[secret]\nfoo [secret] bar\nabcdefgh"});
    EXPECT_EQ(redact("foo abcdefgh bar", secrets), "[secret]");
    EXPECT_EQ(redact("[secret]", secrets), "[secret]");
}

/// Marks that form lines again, round after round: a single mark is left of the text.
TEST(Redact, ends_whatever_marks_make_of_a_text) {
    const Secrets circle = secrets_of({"[[secret\nsecret]]"});
    EXPECT_EQ(redact("[[secret]", circle), "[secret]") << "two lines that become each other";
    EXPECT_EQ(redact("unknown directive [[secret] in x", circle), "[secret]");
    EXPECT_EQ(redact("unknown directive [secret] in x", circle), "unknown directive [secret] in x");
    // The largest output of a command: removing a byte per round would take hours.
    const std::string much(64U << 10, 'x');
    EXPECT_EQ(redact(much + "[secret]", secrets_of({"x[secret]"})), "[secret]");
    EXPECT_EQ(redact("[secret]" + much, secrets_of({"[secret]x"})), "[secret]");
    EXPECT_EQ(redact("a secret]" + std::string(64U << 10, 'y'), secrets_of({"secret]y"})),
              "[secret]");
    EXPECT_EQ(redact("x[secret] and no more", secrets_of({"x[secret]"})), "[secret] and no more")
        << "few rounds are enough for it";
}

TEST(Redact, leaves_no_half_line_beside_a_cut) {
    const Secrets secrets = secrets_of({"prefix: the-long-secret-value\n"});
    const auto head = [&](const std::string& text) {
        return redact(text, secrets, Side::whole, Side::cut);
    };
    const auto tail = [&](const std::string& text) {
        return redact(text, secrets, Side::cut, Side::open);
    };
    EXPECT_EQ(head("error: prefix: the-long-sec"), "error: [secret]");
    EXPECT_EQ(tail("ret-value\nfailed"), "[secret]\nfailed") << "9 bytes";
    EXPECT_EQ(tail("value\nfailed"), "\nfailed") << "fewer than 8";
    EXPECT_EQ(head("error: pref"), "error: ");
    EXPECT_EQ(head("error=the-long"), "error=[secret]") << "a part from the middle";
    EXPECT_EQ(tail("the-long-secr"), "[secret]") << "both sides are in the same line";
    EXPECT_EQ(redact("error: prefix: the-long-sec", secrets), "error: prefix: the-long-sec");
    EXPECT_EQ(redact("x prefix: th", secrets, Side::whole, Side::open), "x [secret]");
    EXPECT_EQ(redact("x pref", secrets, Side::whole, Side::open), "x pref");
    EXPECT_EQ(head("error: prefix: the-long-sec\n"), "error: prefix: the-long-sec\n")
        << "not cut there";
}

/// Would take minutes if every line were searched separately, or at every position.
TEST(Redact, is_done_at_once_whatever_the_secrets_are) {
    const std::size_t all = 1U << 20;
    std::string numbered, nested, alike(all, 'a');
    for (int i = 0; numbered.size() < all; ++i)
        numbered += "password" + std::to_string(i) + "\n";
    for (std::size_t length = 8; nested.size() < all; ++length)
        nested += std::string(length, 'a') + "\n";
    std::string dump;
    while (dump.size() < (64U << 10))
        dump += "password password12 " + std::string(40, 'a') + "b";
    const auto begun = std::chrono::steady_clock::now();
    for (const std::string* each : {&numbered, &nested, &alike}) {
        const std::string& text = *each;
        const Secrets secrets = secrets_of({text});
        const std::string shown = redact(dump, secrets, Side::cut, Side::cut);
        EXPECT_EQ(shown.find("aaaaaaaa") == std::string::npos, &text == &nested);
        EXPECT_EQ(shown.find("password12") == std::string::npos, &text == &numbered);
        (void)redact(std::string(64U << 10, 'a'), secrets, Side::cut, Side::open);
        (void)redact(text.substr(all / 2, 64U << 10), secrets, Side::cut, Side::open);
    }
    const auto took = std::chrono::steady_clock::now() - begun;
    // About a second without optimisation; the margin is for slow machines and sanitizers.
    EXPECT_LT(std::chrono::duration<double>(took).count(), 30.0);
}

}  // namespace
}  // namespace edgeroll::agent
