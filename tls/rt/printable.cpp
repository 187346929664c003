#include "tls/rt/printable.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

namespace edgeroll::rt {
namespace {

/// C0 and C1 controls, soft hyphen, zero-width and direction marks, line separators, byte order
/// mark, tag characters.
using Range = std::pair<char32_t, char32_t>;
constexpr std::array<Range, 9> unsafe{{{0x00, 0x1f},
                                       {0x7f, 0x9f},
                                       {0xad, 0xad},
                                       {0x61c, 0x61c},
                                       {0x200b, 0x200f},
                                       {0x2028, 0x202e},
                                       {0x2060, 0x206f},
                                       {0xfeff, 0xfeff},
                                       {0xe0000, 0xe007f}}};

bool is_unsafe(char32_t point) {
    return std::any_of(unsafe.begin(), unsafe.end(), [point](const Range& range) {
        return point >= range.first && point <= range.second;
    });
}

std::string escaped(const Character& character) {
    switch (character.value) {
        case '\n':
            return "\\n";
        case '\r':
            return "\\r";
        case '\t':
            return "\\t";
        default:
            break;
    }
    std::array<char, 16> text{};
    const char* const form = character.is_valid && character.value > 0xff ? "\\u%04x" : "\\x%02x";
    std::snprintf(text.data(), text.size(), form, static_cast<unsigned>(character.value));
    return text.data();
}

}  // namespace

Character next_character(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    const Character broken{first, 1, false};
    if (first < 0x80) return {first, 1, true};
    std::size_t length = 0;
    char32_t value = 0;
    if (first >= 0xC2 && first <= 0xDF) {
        length = 2;
        value = first & 0x1FU;
    } else if ((first & 0xF0U) == 0xE0) {
        length = 3;
        value = first & 0x0FU;
    } else if (first >= 0xF0 && first <= 0xF4) {
        length = 4;
        value = first & 0x07U;
    } else {
        return broken;
    }
    if (text.size() < length) return broken;
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0U) != 0x80) return broken;
        value = (value << 6U) | (byte(i) & 0x3FU);
    }
    const bool is_overlong = (length == 3 && value < 0x800) || (length == 4 && value < 0x10000);
    const bool is_surrogate = value >= 0xD800 && value <= 0xDFFF;
    if (is_overlong || is_surrogate || value > 0x10FFFF) return broken;
    return {value, length, true};
}

std::string printable(std::string_view text) {
    std::string safe;
    safe.reserve(text.size());
    while (!text.empty()) {
        const Character front = next_character(text);
        if (front.is_valid && !is_unsafe(front.value)) {
            safe.append(text.substr(0, front.bytes));
        } else {
            safe += escaped(front);
        }
        text.remove_prefix(front.bytes);
    }
    return safe;
}

}  // namespace edgeroll::rt
