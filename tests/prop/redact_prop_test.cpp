// Secrets in the output of programs: all are removed, and all other text stays.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "agent/redact.hpp"

namespace edgeroll::agent {
namespace {

/// Few letters, so that lines overlap, share prefixes and contain each other.
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

/// Text that contains whole lines and parts of lines.
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

/// The naive way, byte by byte.
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

/// Evenly distributed, also in the first runs.
std::size_t below(std::size_t end) {
    return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<std::size_t>(0, end));
}

/// A piece of marks and neighbouring text: marks then form a line again.
std::string some_line_of_marks() {
    static const std::string marks = "x[[secret]]x";
    const std::size_t size = secret_bytes_min + below(3);
    return marks.substr(below(marks.size() - size + 1), size);
}

RC_GTEST_PROP(Redaction, ends_without_a_line_whatever_marks_are_in_secrets, ()) {
    std::vector<std::string> lines;
    for (std::size_t count = 1 + below(5); count > 0; --count)
        lines.push_back(some_line_of_marks());
    std::string output;
    for (std::size_t pieces = below(8); pieces > 0; --pieces) {
        const std::vector<std::string> choices{lines.at(below(lines.size())), some_line_of_marks(),
                                               "[", "]", std::string(below(100), 'x')};
        output += choices.at(below(choices.size()));
    }
    const std::string shown = redact(output, secrets_of(lines));
    std::erase(lines, secret_mark);  // the mark itself is never a secret
    RC_ASSERT(!has_line(shown, lines));
    RC_ASSERT(shown.size() <= output.size());
    RC_ASSERT(has_line(output, lines) || shown == output);
    RC_CLASSIFY(shown == secret_mark, "one mark");
    RC_CLASSIFY(shown != output, "redacted");
}

/// Whichever bytes are left out of a whole output, the text beside the cut is no part of a line
/// that crossed the cut.
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
