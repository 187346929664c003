#include "tls/header_scan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace edgeroll::tls {
namespace {

using State = HeaderScan::State;
using namespace std::string_literals;

State state_of(const std::string& text, std::size_t bytes_max = 1000) {
    HeaderScan scan(bytes_max);
    return scan.look(text);
}

TEST(HeaderScan, finds_the_end_however_the_bytes_come) {
    const std::string header = "GET / HTTP/1.1\r\nHost: a\r\nX: \t b\r\n\r\n";
    const std::string text = header + "body\n\0"s;
    HeaderScan whole(1000);
    EXPECT_EQ(whole.look(text), State::whole);
    EXPECT_EQ(whole.size(), header.size());
    HeaderScan drip(1000);
    for (std::size_t length = 0; length < header.size(); ++length)
        ASSERT_EQ(drip.look(text.substr(0, length)), State::more) << length;
    EXPECT_EQ(drip.look(text.substr(0, header.size())), State::whole);
    EXPECT_EQ(drip.size(), header.size());
}

TEST(HeaderScan, refuses_what_can_be_read_in_two_ways_at_once) {
    for (const std::string& text :
         {"GET / HTTP/1.1\n"s, "GET / HTTP/1.1\r\nHost: a\n"s, "GET / HTTP/1.1\r\nHost: a\r\n\n"s,
          "GET / HTTP/1.1\r\nA: b\rC"s, "GET / HTTP/1.1\r\nA: b\r\r"s, "GET /\0"s,
          "GET / HTTP/1.1\r\nA: b\0"s, "GET / HTTP/1.1\r\nA: \x0B"s, "GET / HTTP/1.1\r\nA: \x7F"s,
          "GET / HTTP/1.1\r\nA: b\r\n "s, "GET / HTTP/1.1\r\nA: b\r\n\tc"s, " GET"s, "\x16\x03"s}) {
        HeaderScan scan(1000);
        EXPECT_EQ(scan.look(text), State::refused) << text;
        EXPECT_FALSE(scan.complaint().empty());
    }
}

TEST(HeaderScan, takes_other_letters_in_values) {
    EXPECT_EQ(state_of("GET / HTTP/1.1\r\nA: \xC3\xA9\r\n\r\n"), State::whole);
}

TEST(HeaderScan, counts_the_empty_line_too) {
    const std::string header = "GET / HTTP/1.1\r\n\r\n";
    EXPECT_EQ(state_of(header, header.size()), State::whole);
    EXPECT_EQ(state_of(header, header.size() - 1), State::too_large);
    EXPECT_EQ(state_of(std::string(11, 'x'), 10), State::too_large);
    EXPECT_EQ(state_of(std::string(10, 'x'), 10), State::more);
}

}  // namespace
}  // namespace edgeroll::tls
