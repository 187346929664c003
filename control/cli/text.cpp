#include "control/cli/text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "tls/rt/printable.hpp"

namespace edgeroll::cli {
namespace {

using Range = std::pair<char32_t, char32_t>;

template <std::size_t n>
bool is_in(const std::array<Range, n>& ranges, char32_t point) {
    return std::any_of(ranges.begin(), ranges.end(), [point](const Range& range) {
        return point >= range.first && point <= range.second;
    });
}

constexpr std::array<Range, 9> wide{{{0x1100, 0x115f},
                                     {0x2e80, 0xa4cf},
                                     {0xac00, 0xd7a3},
                                     {0xf900, 0xfaff},
                                     {0xfe30, 0xfe6f},
                                     {0xff00, 0xff60},
                                     {0xffe0, 0xffe6},
                                     {0x1f300, 0x1faff},
                                     {0x20000, 0x3fffd}}};
constexpr std::array<Range, 3> combining{{{0x300, 0x36f}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}}};

std::size_t width_of(char32_t point) {
    if (is_in(combining, point)) return 0;
    return is_in(wide, point) ? 2 : 1;
}

}  // namespace

std::string printable(std::string_view text) {
    return rt::printable(text);
}

std::size_t display_width(std::string_view text) {
    std::size_t width = 0;
    while (!text.empty()) {
        const rt::Character front = rt::next_character(text);
        width += width_of(front.value);
        text.remove_prefix(front.bytes);
    }
    return width;
}

std::string cut_to_width(std::string_view text, std::size_t width) {
    if (display_width(text) <= width) return std::string(text);
    constexpr std::string_view mark = "...";
    std::string kept;
    std::size_t used = 0;
    while (!text.empty()) {
        const rt::Character front = rt::next_character(text);
        used += width_of(front.value);
        if (used + mark.size() > width) break;
        kept.append(text.substr(0, front.bytes));
        text.remove_prefix(front.bytes);
    }
    return kept + std::string(mark);
}

std::string cut_middle_to_width(std::string_view text, std::size_t width) {
    const std::size_t all = display_width(text);
    if (all <= width) return std::string(text);
    constexpr std::string_view mark = " ... ";
    const std::size_t room = width - mark.size();
    const std::size_t head_room = room / 2;
    const std::size_t tail_room = room - head_room;
    std::string head;
    std::size_t used = 0;
    std::size_t passed = 0;
    while (!text.empty()) {
        const rt::Character front = rt::next_character(text);
        const std::size_t columns = width_of(front.value);
        if (used + columns <= head_room && passed == used) {
            head.append(text.substr(0, front.bytes));
            used += columns;
        } else if (all - passed <= tail_room) {
            break;
        }
        passed += columns;
        text.remove_prefix(front.bytes);
    }
    return head + std::string(mark) + std::string(text);
}

std::string padded(std::string_view text, std::size_t width, Align align) {
    const std::size_t used = display_width(text);
    const std::string space(used < width ? width - used : 0, ' ');
    return align == Align::right ? space + std::string(text) : std::string(text) + space;
}

std::string grouped(unsigned long long number) {
    std::string digits = std::to_string(number);
    for (std::size_t at = digits.size(); at > 3;) {
        at -= 3;
        digits.insert(at, ",");
    }
    return digits;
}

std::string nodes_text(std::int64_t count) {
    return std::to_string(count) + (count == 1 ? " node" : " nodes");
}

std::string human_bytes(std::size_t bytes) {
    if (bytes < 1024) return std::to_string(bytes) + " B";
    const bool is_small = bytes < (1U << 20U);
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), is_small ? "%.1f KiB" : "%.1f MiB",
                  static_cast<double>(bytes) / (is_small ? 1024.0 : 1048576.0));
    return text.data();
}

}  // namespace edgeroll::cli
