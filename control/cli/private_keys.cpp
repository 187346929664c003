#include "control/cli/private_keys.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "control/cli/der_key.hpp"
#include "release/text/base64.hpp"

namespace edgeroll::cli {
namespace {

/// The smallest key, Ed25519 in PKCS#8, has 64 characters of base64; words are shorter.
constexpr std::size_t base64_min = 40;
constexpr std::size_t line_min = 16;
/// Maximum length of headers.
constexpr std::size_t looked_at_max = 4096;
constexpr std::string_view begin_mark = "-----BEGIN ", dashes = "-----";

bool is_base64(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '/' || c == '=';
}

/// Characters that may surround a line of base64: blanks, quotes, comment signs.
bool is_around(char c) {
    return std::string_view(" \t\r\"'`,;#*>|\\").find(c) != std::string_view::npos;
}

/// Length of the line end at the front of the text: a newline, or an escaped one: `\n` as in JSON,
/// `&#10;` as in XML. 0: none.
std::size_t line_end(std::string_view text) {
    if (text.front() == '\n') return 1;
    constexpr std::array<std::string_view, 7> written = {"\\n",   "\\r",   "\\\n", "&#10;",
                                                         "&#13;", "&#xA;", "&#xD;"};
    const auto* const found = std::ranges::find_if(
        written, [&](std::string_view form) { return text.starts_with(form); });
    return found == written.end() ? 0 : found->size();
}

/// The next line, without its end.
std::string_view take_line(std::string_view& text) {
    std::size_t end = 0, length = 0;
    while (end < text.size() && (length = line_end(text.substr(end))) == 0)
        ++end;
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + length);
    return line;
}

/// Also ends before the dashes of an END line, which may follow without a blank.
std::string_view take_token(std::string_view& line) {
    while (!line.empty() && is_around(line.front()))
        line.remove_prefix(1);
    const auto end = std::ranges::find_if(line, is_around);
    auto token = line.substr(0, static_cast<std::size_t>(end - line.begin()));
    token = token.substr(0, token.find(dashes));
    line.remove_prefix(token.size());
    return token;
}

/// "Proc-Type: 4,ENCRYPTED", "Version: GnuPG v2"
bool is_header(std::string_view line) {
    const auto colon = line.find(": ");
    return colon != line.npos && std::ranges::all_of(line.substr(0, colon), [](char c) {
               return c == '-' || is_around(c) || std::isalnum(static_cast<unsigned char>(c)) != 0;
           });
}

/// Whether base64 follows, perhaps after headers. @param text text after the BEGIN line
bool begins_with_base64(std::string_view text) {
    std::size_t count = 0;
    while (!text.empty()) {
        std::string_view line = take_line(text);
        if (count == 0 && is_header(line)) continue;
        for (auto token = take_token(line); !token.empty(); token = take_token(line)) {
            // Skips a comment's // and the + between two string literals.
            if (token.find_first_not_of("/+") == token.npos) continue;
            const bool is_body = token.size() >= line_min && std::ranges::all_of(token, is_base64);
            if (!is_body) return false;
            count += token.size();
            if (count >= base64_min) return true;
        }
        if (!line.empty()) return false;  // END
    }
    return false;
}

/// JSON may escape a slash as `\/`, and JSON inside JSON as `\\/`.
std::string with_plain_slashes(std::string_view text) {
    std::string plain;
    plain.reserve(text.size());
    for (const char c : text) {
        while (c == '/' && plain.ends_with('\\'))
            plain.pop_back();
        plain += c;
    }
    return plain;
}

bool has_key_block(std::string_view text) {
    for (auto at = text.find(begin_mark); at != text.npos;
         at = text.find(begin_mark, at + begin_mark.size())) {
        const std::string_view rest = text.substr(at + begin_mark.size());
        const auto end = rest.substr(0, 64).find(dashes);
        if (end == rest.npos) continue;
        const std::string_view label = rest.substr(0, end);
        const bool is_key = label.ends_with("PRIVATE KEY") || label == "PGP PRIVATE KEY BLOCK";
        if (is_key && begins_with_base64(
                          with_plain_slashes(rest.substr(end + dashes.size(), looked_at_max)))) {
            return true;
        }
    }
    return false;
}

/// The same in UTF-16 of either byte order, from the BEGIN line on: every second byte is NUL.
bool has_wide_key_block(std::string_view bytes) {
    std::string mark;
    for (const char c : begin_mark) {
        if (!mark.empty()) mark += '\0';
        mark += c;
    }
    for (auto at = bytes.find(mark); at != bytes.npos; at = bytes.find(mark, at + mark.size())) {
        std::string text;
        for (std::size_t next = at; next < bytes.size() && text.size() < looked_at_max; next += 2) {
            text += bytes[next];
            if (next + 1 < bytes.size() && bytes[next + 1] != '\0') break;
        }
        if (has_key_block(text)) return true;
    }
    return false;
}

/// Takes base64 across line ends and blanks; stops at any other character.
std::string take_base64(std::string_view& text) {
    std::string digits;
    std::size_t at = 0;
    while (at < text.size()) {
        const std::string_view rest = text.substr(at);
        if (const std::size_t length = line_end(rest); length != 0) {
            at += length;
        } else if (is_base64(rest.front())) {
            digits += rest.front();
            ++at;
        } else if (rest.starts_with("\\/") ||
                   std::string_view(" \t\r").find(rest.front()) != std::string_view::npos) {
            ++at;
        } else {
            break;
        }
    }
    text.remove_prefix(at);
    return digits;
}

/// Decodes as far as possible: following words may have been taken for base64.
std::string decoded(std::string digits) {
    digits.resize(std::min(digits.find('='), digits.size()));
    const std::size_t whole = digits.size() / 4 * 4;
    const std::string padding(digits.size() == whole ? 0 : whole + 4 - digits.size(), '=');
    if (auto bytes = release::decode_base64(digits + padding)) return std::move(*bytes);
    return release::decode_base64(digits.substr(0, whole)).value_or(std::string());
}

/// Base64 of a PEM file at any position, as in Kubernetes; or the whole file is base64 of something
/// with a key.
bool has_coded_key(std::string_view text) {
    constexpr std::string_view utf8_mark = "\xef\xbb\xbf", coded_begin = "LS0tLS1CRUdJTi";
    std::string_view rest = text.starts_with(utf8_mark) ? text.substr(utf8_mark.size()) : text;
    const std::string whole = decoded(take_base64(rest));
    if (rest.empty() && (has_key_block(whole) || is_der_key(whole))) return true;
    for (auto at = text.find(coded_begin); at != text.npos; at = text.find(coded_begin)) {
        text.remove_prefix(at);
        if (has_key_block(decoded(take_base64(text)))) return true;
    }
    return false;
}

bool is_key_store(std::string_view path) {
    constexpr std::array<std::string_view, 4> endings = {".p12", ".pfx", ".jks", ".keystore"};
    return std::ranges::any_of(endings, [&](std::string_view ending) {
        return path.size() >= ending.size() &&
               std::ranges::equal(
                   path.substr(path.size() - ending.size()), ending, {},
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    });
}

}  // namespace

bool is_private_key(std::string_view path, std::string_view content) {
    return is_key_store(path) || has_key_block(content) || has_wide_key_block(content) ||
           is_der_key(content) || has_coded_key(content);
}

std::vector<std::string> plain_keys(const release::wire::Payload& payload) {
    std::vector<std::string> paths;
    for (const release::wire::File& file : payload.files) {
        if (!file.is_secret && is_private_key(file.path, file.content)) paths.push_back(file.path);
    }
    return paths;
}

}  // namespace edgeroll::cli
