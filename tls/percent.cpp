#include <array>

#include "tls/router.hpp"
#include "tls/url.hpp"

namespace edgeroll::tls {
namespace {

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool is_unreserved(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '%') {
            if (i + 2 >= text.size()) return std::nullopt;
            const int high = hex_value(text[i + 1]);
            const int low = hex_value(text[i + 2]);
            if (high < 0 || low < 0) return std::nullopt;
            c = static_cast<char>(high * 16 + low);
            i += 2;
        }
        if (c == '\0') return std::nullopt;
        out += c;
    }
    return out;
}

std::string percent_encode(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        if (is_unreserved(c)) {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += '%';
        out += digits[byte >> 4U];
        out += digits[byte & 0x0FU];
    }
    return out;
}

release::Result<std::map<std::string, std::string>> parse_query(std::string_view query) {
    std::map<std::string, std::string> parameters;
    while (!query.empty()) {
        const auto ampersand = query.find('&');
        std::string part{query.substr(0, ampersand)};
        query.remove_prefix(ampersand == std::string_view::npos ? query.size() : ampersand + 1);
        if (part.empty()) continue;
        for (char& c : part) {
            if (c == '+') c = ' ';
        }
        const auto equals = part.find('=');
        const std::string_view whole{part};
        const auto name = percent_decode(whole.substr(0, equals));
        const auto value = percent_decode(equals == std::string::npos ? std::string_view{}
                                                                      : whole.substr(equals + 1));
        if (!name || !value) {
            return release::fail("the query holds a broken percent sequence",
                                 release::Outcome::permanent, release::code::invalid);
        }
        if (!parameters.emplace(*name, *value).second) {
            return release::fail("the query repeats the parameter '" + *name + "'",
                                 release::Outcome::permanent, release::code::invalid);
        }
    }
    return parameters;
}

}  // namespace edgeroll::tls
