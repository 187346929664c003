#include "control/cli/private_keys.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "control/cli/der_key.hpp"

namespace edgeroll::cli {
namespace {

/// The smallest key, Ed25519 in PKCS#8, has 64 characters of base64; words of a text have less.
constexpr std::size_t base64_min = 40;
constexpr std::size_t line_min = 16;
/// As far as headers may reach.
constexpr std::size_t looked_at_max = 4096;

bool is_base64(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '/' || c == '=';
}

/// What may stand around a line of base64: blanks, quotes, a comment's sign.
bool is_around(char c) {
    return std::string_view(" \t\r\"'`,;#*>|\\").find(c) != std::string_view::npos;
}

/// The next line; ends at a newline or at one that is written as `\n`, as JSON does.
std::string_view take_line(std::string_view& text) {
    std::size_t end = 0, length = 1;
    for (; end < text.size() && text[end] != '\n'; ++end) {
        if (text[end] != '\\' || end + 1 == text.size()) continue;
        const char next = text[end + 1];
        if (next != 'n' && next != 'r' && next != '\n') continue;
        length = 2;
        break;
    }
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(text.size(), end + length));
    return line;
}

std::string_view take_token(std::string_view& line) {
    while (!line.empty() && is_around(line.front()))
        line.remove_prefix(1);
    const auto end = std::ranges::find_if(line, is_around);
    const auto token = line.substr(0, static_cast<std::size_t>(end - line.begin()));
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

/// Whether base64 follows, perhaps after headers. @param text what follows the BEGIN line
bool begins_with_base64(std::string_view text) {
    std::size_t count = 0;
    while (!text.empty()) {
        std::string_view line = take_line(text);
        if (count == 0 && is_header(line)) continue;
        for (auto token = take_token(line); !token.empty(); token = take_token(line)) {
            // A comment's // and the + between two literals of a program.
            if (token.find_first_not_of("/+") == token.npos) continue;
            const bool is_body = token.size() >= line_min && std::ranges::all_of(token, is_base64);
            if (!is_body) return false;
            count += token.size();
            if (count >= base64_min) return true;
        }
    }
    return false;
}

bool has_key_block(std::string_view text) {
    constexpr std::string_view begin = "-----BEGIN ", dashes = "-----";
    for (auto at = text.find(begin); at != text.npos; at = text.find(begin, at + begin.size())) {
        const std::string_view rest = text.substr(at + begin.size());
        const auto end = rest.substr(0, 64).find(dashes);
        if (end == rest.npos) continue;
        const std::string_view label = rest.substr(0, end);
        const bool is_key = label.ends_with("PRIVATE KEY") || label == "PGP PRIVATE KEY BLOCK";
        if (is_key && begins_with_base64(rest.substr(end + dashes.size(), looked_at_max)))
            return true;
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
    return is_key_store(path) || has_key_block(content) || is_der_key(content);
}

std::vector<std::string> plain_keys(const release::wire::Payload& payload) {
    std::vector<std::string> paths;
    for (const release::wire::File& file : payload.files) {
        if (!file.is_secret && is_private_key(file.path, file.content)) paths.push_back(file.path);
    }
    return paths;
}

}  // namespace edgeroll::cli
