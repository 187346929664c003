// Secrets in what programs print: none is left, and nothing else is touched.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "agent/redact.hpp"

namespace edgeroll::agent {
namespace {

/// Few letters, so that lines overlap, begin alike and lie in each other.
std::string some_text(int letters, std::size_t from, std::size_t to) {
    const auto size = *rc::gen::inRange(from, to + 1);
    std::string text;
    for (std::size_t i = 0; i < size; ++i)
        text += static_cast<char>('a' + *rc::gen::inRange(0, letters));
    return text;
}

std::vector<std::string> some_lines(int letters) {
    std::vector<std::string> lines;
    const int count = *rc::gen::inRange(1, 6);
    for (int i = 0; i < count; ++i)
        lines.push_back(some_text(letters, *rc::gen::element<std::size_t>(1, 8), 24));
    return lines;
}

Secrets secrets_of(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines)
        text += "  " + line + "\t\r\n";
    Secrets secrets;
    secrets.add(text);
    return secrets;
}

/// Text with whole lines and parts of lines in it.
std::string some_output(int letters, const std::vector<std::string>& lines) {
    std::string output;
    const int pieces = *rc::gen::inRange(0, 6);
    for (int i = 0; i < pieces; ++i) {
        const auto& line = lines.at(*rc::gen::inRange(std::size_t{0}, lines.size()));
        const auto start = *rc::gen::inRange(std::size_t{0}, line.size());
        const std::vector<std::string> choices{
            line, line.substr(start), line.substr(0, start), some_text(letters, 0, 12), "\n", ": "};
        output += *rc::gen::elementOf(choices);
    }
    return output;
}

bool is_long(const std::string& line) {
    return line.size() >= secret_bytes_min;
}

bool has_line(const std::string& text, const std::vector<std::string>& lines) {
    return std::ranges::any_of(lines, [&](const std::string& line) {
        return is_long(line) && text.find(line) != std::string::npos;
    });
}

/// The plain way, byte by byte.
std::string expected(const std::string& text, const std::vector<std::string>& lines) {
    std::vector<bool> covered(text.size());
    for (const std::string& line : lines) {
        if (!is_long(line)) continue;
        for (auto at = text.find(line); at != std::string::npos; at = text.find(line, at + 1))
            std::fill_n(covered.begin() + static_cast<std::ptrdiff_t>(at), line.size(), true);
    }
    std::string shown;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (!covered[at]) {
            shown += text[at];
        } else if (at == 0 || !covered[at - 1]) {
            shown += secret_mark;
        }
    }
    return shown;
}

RC_GTEST_PROP(Redaction, leaves_no_line_and_touches_nothing_else, ()) {
    const int letters = *rc::gen::element(1, 2, 3, 26);
    const auto lines = some_lines(letters);
    const std::string output = some_output(letters, lines);
    const std::string shown = redact(output, secrets_of(lines));
    RC_ASSERT(!has_line(shown, lines));
    RC_ASSERT(shown == expected(output, lines));
    RC_ASSERT(shown.size() <= output.size());
    RC_CLASSIFY(shown != output, "redacted");
}

/// Whatever bytes are left out of a whole output: what stays beside the cut is no part of a line
/// that lay across it.
RC_GTEST_PROP(Redaction, leaves_no_piece_of_a_line_that_was_cut, ()) {
    const int letters = *rc::gen::element(2, 3, 26);
    const auto lines = some_lines(letters);
    const std::string before = some_text(letters, 0, 10) + " ",
                      after = " " + some_text(letters, 0, 10);
    const auto& line = lines.front();
    const auto first = *rc::gen::inRange(std::size_t{0}, line.size() + 1);
    const auto second = *rc::gen::inRange(first, line.size() + 1);
    const std::string head =
        redact(before + line.substr(0, first), secrets_of(lines), Side::whole, Side::cut);
    const std::string tail =
        redact(line.substr(second) + after, secrets_of(lines), Side::cut, Side::whole);
    RC_ASSERT(!has_line(head, lines));
    RC_ASSERT(!has_line(tail, lines));
    if (!is_long(line)) return;
    RC_ASSERT(first == 0 || !head.ends_with(" " + line.substr(0, first)));
    RC_ASSERT(second == line.size() || !tail.starts_with(line.substr(second) + " "));
    if (first > 0) RC_ASSERT(head.ends_with(secret_mark) || head.size() <= before.size());
    RC_CLASSIFY(first > 0 && first < secret_bytes_min, "a short rest");
}

}  // namespace
}  // namespace edgeroll::agent
