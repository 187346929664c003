#include "release/text/utf8.hpp"

#include <algorithm>

namespace edgeroll::release {
namespace {

unsigned byte_at(std::string_view text, std::size_t i) {
    return static_cast<unsigned char>(text[i]);
}

/// The bounds of the second byte exclude overlong forms, surrogates and code points above U+10FFFF.
bool is_second_legal(unsigned first, unsigned second) {
    switch (first) {
        case 0xE0:
            return second >= 0xA0 && second <= 0xBF;
        case 0xED:
            return second >= 0x80 && second <= 0x9F;
        case 0xF0:
            return second >= 0x90 && second <= 0xBF;
        case 0xF4:
            return second >= 0x80 && second <= 0x8F;
        default:
            return second >= 0x80 && second <= 0xBF;
    }
}

}  // namespace

std::size_t utf8_length(std::string_view text) {
    if (text.empty()) return 0;
    const unsigned first = byte_at(text, 0);
    if (first < 0x80) return 1;
    std::size_t length = 0;
    if (first >= 0xC2 && first <= 0xDF) length = 2;
    if (first >= 0xE0 && first <= 0xEF) length = 3;
    if (first >= 0xF0 && first <= 0xF4) length = 4;
    if (length == 0 || text.size() < length) return 0;
    if (!is_second_legal(first, byte_at(text, 1))) return 0;
    for (std::size_t i = 2; i < length; ++i) {
        if ((byte_at(text, i) & 0xC0U) != 0x80U) return 0;
    }
    return length;
}

std::string repair_utf8(std::string_view text) {
    std::string repaired;
    repaired.reserve(text.size());
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        if (length == 0) {
            repaired += "\xEF\xBF\xBD";
        } else {
            repaired += text.substr(0, length);
        }
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return repaired;
}

std::string cut_utf8(std::string_view text, std::size_t bytes_max) {
    if (text.size() <= bytes_max) return std::string(text);
    std::size_t end = bytes_max;
    while (end > 0 && (byte_at(text, end) & 0xC0U) == 0x80U)
        --end;
    return std::string(text.substr(0, end));
}

std::string shortened(std::string_view text, std::size_t bytes_max) {
    if (text.size() <= bytes_max) return std::string(text);
    if (bytes_max < 64) return cut_utf8(text, bytes_max);
    const auto mark_for = [](std::size_t left_out) {
        return " ... (" + std::to_string(left_out) + " bytes left out) ... ";
    };
    // The estimate has as many digits as the final number: the mark itself replaces text too, and
    // each cut may drop up to three bytes of a character.
    const std::size_t least = text.size() - (bytes_max - mark_for(text.size()).size());
    const std::size_t room = bytes_max - mark_for(least + 8).size();
    const std::string head = cut_utf8(text, room / 2);
    std::size_t tail = text.size() - (room - room / 2);
    while (tail < text.size() && (byte_at(text, tail) & 0xC0U) == 0x80U)
        ++tail;
    return head + mark_for(tail - head.size()) + std::string(text.substr(tail));
}

bool has_control_character(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7F;
    });
}

}  // namespace edgeroll::release
