#include "tls/rt/log_format.hpp"

#include <algorithm>
#include <cstdint>

#include "release/words.hpp"
#include "tls/rt/printable.hpp"

namespace edgeroll::rt {
namespace {

constexpr release::Words<LogLevel> level_words({
    {LogLevel::debug, "debug"},
    {LogLevel::info, "info"},
    {LogLevel::warn, "warn"},
    {LogLevel::error, "error"},
});

bool needs_escape(char32_t value) {
    return value < 0x20 || (value >= 0x7F && value <= 0x9F) ||  // control characters
           (value >= 0x202A && value <= 0x202E) || value == 0x200E || value == 0x200F ||
           (value >= 0x2066 && value <= 0x2069) ||  // writing direction
           value == 0x2028 || value == 0x2029;      // line separators
}

void append_escaped(std::string& out, char32_t value) {
    switch (value) {
        case '\n':
            out += "\\n";
            return;
        case '\r':
            out += "\\r";
            return;
        case '\t':
            out += "\\t";
            return;
        default:
            break;
    }
    // All escaped characters are below U+10000: four digits.
    constexpr std::string_view digits = "0123456789abcdef";
    out += "\\u";
    for (const unsigned shift : {12U, 8U, 4U, 0U})
        out += digits[(value >> shift) & 0xFU];
}

bool is_plain(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return c > 0x20 && c < 0x7F && c != '"' && c != '\\' && c != '=';
    });
}

}  // namespace

std::string_view to_text(LogLevel level) {
    return level_words.text(level);
}

std::string escape(std::string_view text, std::size_t bytes_max) {
    std::string out;
    std::size_t at = 0;
    while (at < text.size()) {
        const Character next = next_character(text.substr(at));
        if (at + next.bytes > bytes_max) {
            out += "...";
            break;
        }
        if (!next.is_valid) {
            out += "\xEF\xBF\xBD";
        } else if (next.value == '"' || next.value == '\\') {
            out += '\\';
            out += static_cast<char>(next.value);
        } else if (needs_escape(next.value)) {
            append_escaped(out, next.value);
        } else {
            out += text.substr(at, next.bytes);
        }
        at += next.bytes;
    }
    return out;
}

std::string format_text_line(LogLevel level, std::string_view program, std::string_view event,
                             const LogFields& fields) {
    std::string line{to_text(level)};
    line += ' ';
    line += program;
    const auto add = [&](std::string_view name, std::string_view value) {
        line += ' ';
        line += escape(name);
        line += '=';
        if (is_plain(value)) {
            line += escape(value);
        } else {
            line += '"' + escape(value) + '"';
        }
    };
    add("event", event);
    for (const auto& [name, value] : fields)
        add(name, value);
    return line;
}

std::string format_json_line(LogLevel level, std::string_view program, std::string_view event,
                             const LogFields& fields) {
    std::string line;
    const auto add = [&](std::string_view name, std::string_view value) {
        if (!line.empty()) line += ',';
        line += '"' + escape(name) + "\":\"" + escape(value) + '"';
    };
    add("level", to_text(level));
    add("program", program);
    add("event", event);
    for (const auto& [name, value] : fields)
        add(name, value);
    line += '}';
    return line;
}

}  // namespace edgeroll::rt
