#include "release/text/base64.hpp"

#include <array>
#include <cstdint>

namespace edgeroll::release {
namespace {

constexpr std::string_view standard =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view url_safe =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t no_digit = 64;

constexpr std::array<std::uint8_t, 256> digits_of(std::string_view alphabet) {
    std::array<std::uint8_t, 256> digits{};
    for (auto& digit : digits)
        digit = no_digit;
    for (std::size_t i = 0; i < alphabet.size(); ++i) {
        digits[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
    }
    return digits;
}

/// @param text without padding
std::optional<std::string> decode(std::string_view text,
                                  const std::array<std::uint8_t, 256>& digits) {
    if (text.size() % 4 == 1) return std::nullopt;
    std::string bytes;
    bytes.reserve(text.size() / 4 * 3 + 2);
    std::uint32_t bits = 0;
    int count = 0;
    for (const char c : text) {
        const std::uint8_t digit = digits[static_cast<unsigned char>(c)];
        if (digit == no_digit) return std::nullopt;
        bits = (bits << 6U) | digit;
        count += 6;
        if (count >= 8) {
            count -= 8;
            bytes += static_cast<char>((bits >> static_cast<unsigned>(count)) & 0xFFU);
        }
        bits &= (1U << static_cast<unsigned>(count)) - 1U;
    }
    if (bits != 0) return std::nullopt;
    return bytes;
}

std::string encode(std::string_view bytes, std::string_view alphabet) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (const char c : bytes) {
        bits = (bits << 8U) | static_cast<unsigned char>(c);
        count += 8;
        while (count >= 6) {
            count -= 6;
            text += alphabet[(bits >> count) & 63U];
        }
        bits &= (1U << count) - 1U;
    }
    if (count > 0) text += alphabet[(bits << (6U - count)) & 63U];
    return text;
}

}  // namespace

std::optional<std::string> decode_base64(std::string_view text) {
    static constexpr auto digits = digits_of(standard);
    if (text.size() % 4 != 0) return std::nullopt;
    for (int i = 0; i < 2 && !text.empty() && text.back() == '='; ++i)
        text.remove_suffix(1);
    return decode(text, digits);
}

std::string encode_base64(std::string_view bytes) {
    std::string text = encode(bytes, standard);
    while (text.size() % 4 != 0)
        text += '=';
    return text;
}

std::optional<std::string> decode_base64url(std::string_view text) {
    static constexpr auto digits = digits_of(url_safe);
    return decode(text, digits);
}

std::string encode_base64url(std::string_view bytes) {
    return encode(bytes, url_safe);
}

}  // namespace edgeroll::release
