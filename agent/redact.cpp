#include "agent/redact.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <optional>

#include "agent/text_automaton.hpp"

namespace edgeroll::agent {
namespace {

using Lines = std::vector<std::string_view>;
using Covered = std::vector<char>;  ///< for each byte of a text, whether it belongs to a secret

/// Characters around a line that editors add and programs omit: blanks, the byte order mark
/// (U+FEFF) and the no-break space (U+00A0).
constexpr std::array<std::string_view, 6> around_lines{" ",  "\t",           "\v",
                                                       "\f", "\xef\xbb\xbf", "\xc2\xa0"};

std::string_view trimmed(std::string_view line) {
    for (std::size_t before = line.size() + 1; line.size() < before;) {
        before = line.size();
        for (const std::string_view each : around_lines) {
            while (line.starts_with(each))
                line.remove_prefix(each.size());
            while (line.ends_with(each))
                line.remove_suffix(each.size());
        }
    }
    return line;
}

/// Filter by the first bytes of lines: few lines that do not occur pass it.
class Beginnings {
  public:
    explicit Beginnings(std::string_view text) : seen_(1U << bits) {
        for (std::size_t at = 0; at + secret_bytes_min <= text.size(); ++at)
            seen_[place(text.data() + at)] = true;
    }
    [[nodiscard]] bool may_have(std::string_view line) const { return seen_[place(line.data())]; }

  private:
    static constexpr unsigned bits = 20;
    static std::size_t place(const char* bytes) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes, secret_bytes_min);
        return static_cast<std::size_t>((word * 0x9E3779B97F4A7C15ULL) >> (64U - bits));
    }
    std::vector<bool> seen_;
};

void cover_lines(std::string_view text, const Lines& lines, Covered& covered) {
    if (text.size() < secret_bytes_min) return;
    const Beginnings beginnings(text);
    std::optional<TextAutomaton> automaton;  // most texts have no secret
    for (const std::string_view line : lines) {
        if (line.size() > text.size() || !beginnings.may_have(line)) continue;
        if (!automaton) automaton.emplace(text);
        automaton->note(line);
    }
    if (!automaton) return;
    const std::vector<std::size_t> longest = automaton->longest_ending_at();
    std::size_t first = text.size();  // start of the covered range that extends past this byte
    for (std::size_t end = text.size(); end > 0; --end) {
        first = std::min(first, end - longest[end]);
        if (first < end) covered[end - 1] = 1;
    }
}

/// A text read from one of its sides.
struct Reading {
    std::string_view text;
    bool is_backwards = false;
    [[nodiscard]] std::size_t size() const { return text.size(); }
    char operator[](std::size_t at) const {
        return is_backwards ? text[text.size() - 1 - at] : text[at];
    }
};

/// Length of the longest part of any line at this side (Knuth-Morris-Pratt over the lines, matching
/// the text's beginning).
std::size_t longest_part(Reading text, const Lines& lines) {
    const std::size_t size = text.size();
    std::vector<std::size_t> fallback(size + 1, 0);
    for (std::size_t at = 1, matched = 0; at < size; ++at) {
        while (matched > 0 && text[at] != text[matched])
            matched = fallback[matched];
        if (text[at] == text[matched]) ++matched;
        fallback[at + 1] = matched;
    }
    std::size_t longest = 0;
    for (const std::string_view each : lines) {
        const Reading line{each, text.is_backwards};
        std::size_t matched = 0;
        for (std::size_t at = 0; at < line.size(); ++at) {
            while (matched > 0 && text[matched] != line[at])
                matched = fallback[matched];
            if (text[matched] == line[at]) ++matched;
            longest = std::max(longest, matched);
            if (matched == size) return size;
        }
    }
    return longest;
}

/// Length of the piece of a line at this side; at least secret_bytes_min, or 0.
std::size_t piece_at(std::string_view text, bool is_end, const Lines& lines) {
    if (text.size() < secret_bytes_min) return 0;
    const std::string_view outermost =
        is_end ? text.substr(text.size() - secret_bytes_min) : text.substr(0, secret_bytes_min);
    const bool is_there = std::ranges::any_of(lines, [&](std::string_view line) {
        return line.find(outermost) != std::string_view::npos;
    });
    return is_there ? longest_part(Reading{text, is_end}, lines) : 0;
}

/// The same below secret_bytes_min: of a line that begins before the cut, or ends behind it.
std::size_t remain_at(std::string_view text, bool is_end, const Lines& lines) {
    for (std::size_t size = std::min(secret_bytes_min - 1, text.size()); size > 0; --size) {
        const std::string_view remain =
            is_end ? text.substr(text.size() - size) : text.substr(0, size);
        const bool is_there = std::ranges::any_of(lines, [&](std::string_view line) {
            return is_end ? line.starts_with(remain) : line.ends_with(remain);
        });
        if (is_there) return size;
    }
    return 0;
}

/// Covers the piece of a line at one side; returns how many bytes must be left out instead.
std::size_t cover_side(std::string_view text, Side side, bool is_end, const Lines& lines,
                       Covered& covered) {
    if (side == Side::whole) return 0;
    const std::size_t piece = piece_at(text, is_end, lines);
    const auto size = static_cast<std::ptrdiff_t>(piece);
    std::fill(is_end ? covered.end() - size : covered.begin(),
              is_end ? covered.end() : covered.begin() + size, 1);
    return piece == 0 && side == Side::cut ? remain_at(text, is_end, lines) : 0;
}

std::string with_marks(std::string_view text, const Covered& covered) {
    std::string shown;
    shown.reserve(text.size());
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (covered[at] == 0) {
            shown += text[at];
        } else if (at == 0 || covered[at - 1] == 0) {
            shown += secret_mark;
        }
    }
    return shown;
}

/// A mark with its neighbours may form a line again, if a secret contains such marks; without a
/// limit the rounds could be as many as the text has bytes, or endless.
std::string without_lines(std::string shown, const Lines& lines) {
    constexpr int looks_max = 3;
    for (int look = 0; look < looks_max; ++look) {
        Covered covered(shown.size(), 0);
        cover_lines(shown, lines, covered);
        if (std::ranges::find(covered, 1) == covered.end()) return shown;
        shown = with_marks(shown, covered);
    }
    return std::string(secret_mark);  // contains no line and is not longer than the text
}

}  // namespace

void Secrets::add(std::string text) {
    const std::string_view all = texts_.emplace_back(std::move(text));
    for (std::size_t start = 0; start < all.size();) {
        const auto end = std::min(all.find_first_of("\r\n", start), all.size());
        const std::string_view line = trimmed(all.substr(start, end - start));
        if (line.size() >= secret_bytes_min && line != secret_mark) lines_.push_back(line);
        start = end + 1;
    }
}

std::string redact(std::string_view text, const Secrets& secrets, Side start, Side end) {
    const Lines& lines = secrets.lines();
    if (lines.empty()) return std::string(text);
    Covered covered(text.size(), 0);
    cover_lines(text, lines, covered);
    std::size_t left_out = cover_side(text, start, false, lines, covered);
    std::string_view rest = text.substr(left_out);
    covered.erase(covered.begin(), covered.begin() + static_cast<std::ptrdiff_t>(left_out));
    left_out = cover_side(rest, end, true, lines, covered);
    rest.remove_suffix(left_out);
    if (std::ranges::find(covered, 1) == covered.end()) return std::string(rest);
    return without_lines(with_marks(rest, covered), lines);
}

}  // namespace edgeroll::agent
