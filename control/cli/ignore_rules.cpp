#include "control/cli/ignore_rules.hpp"

#include <algorithm>

#include "control/cli/globs.hpp"
#include "control/cli/option_checks.hpp"
#include "control/cli/text.hpp"
#include "release/text/utf8.hpp"

namespace edgeroll::cli {
namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

/// Whether a backslash, which escapes the next character, precedes a slash.
bool escapes_slash(std::string_view pattern) {
    for (std::size_t at = 0; at + 1 < pattern.size(); ++at) {
        if (pattern[at] != '\\') continue;
        if (pattern[++at] == '/') return true;
    }
    return false;
}

/// What is wrong with a pattern, in words that follow it; empty: nothing.
std::string fault_of(std::string_view pattern) {
    if (pattern.front() == '!') return "'!' is not supported: name only what is left out";
    if (pattern.find("**") != pattern.npos) {
        return "'**' is not supported: a name without a slash is meant at any depth";
    }
    if (release::has_control_character(pattern)) return "it has a control character";
    if (pattern.front() == ' ') return "it begins with a blank";
    const auto backslashes = pattern.size() - 1 - pattern.find_last_not_of('\\');
    if (backslashes % 2 != 0) return "nothing follows its last '\\'";
    // When the pattern is split at this slash, a lone backslash would remain.
    if (escapes_slash(pattern)) return "a '\\' before a '/' would match nothing: leave it out";
    std::string_view inner = pattern;
    if (inner.starts_with('/')) inner.remove_prefix(1);
    if (inner.ends_with('/')) inner.remove_suffix(1);
    for (const std::string& part : split(inner, '/')) {
        if (part.empty() || part == "." || part == "..") {
            return "it has an empty, '.' or '..' part, so it can match nothing";
        }
    }
    return {};
}

IgnoreRule rule_of(std::string_view pattern) {
    IgnoreRule rule;
    if (pattern.ends_with('/')) {
        rule.is_folders_only = true;
        pattern.remove_suffix(1);
    }
    if (pattern.starts_with('/')) {
        pattern.remove_prefix(1);
        // With another slash the pattern is matched against the whole path anyway.
        rule.is_top_only = pattern.find('/') == pattern.npos;
    }
    rule.glob = pattern;
    return rule;
}

std::string counted(std::size_t count, const char* noun) {
    return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

}  // namespace

Answer<std::vector<IgnoreRule>> parse_ignore_rules(std::string_view text) {
    std::vector<IgnoreRule> rules;
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    std::size_t number = 0;
    for (const std::string& line : split(text, '\n')) {
        ++number;
        // Editors leave blanks and a carriage return at line ends.
        const std::string_view pattern =
            std::string_view(line).substr(0, line.find_last_not_of(" \t\r") + 1);
        if (pattern.empty() || pattern.front() == '#') continue;
        if (const std::string fault = fault_of(pattern); !fault.empty()) {
            return refuse(std::string(ignore_file) + " line " + std::to_string(number) + ": " +
                          cut_to_width(printable(pattern), 80) + ": " + fault);
        }
        rules.push_back(rule_of(pattern));
    }
    return rules;
}

bool is_ignored(const std::vector<IgnoreRule>& rules, std::string_view path, bool is_folder) {
    return std::ranges::any_of(rules, [&](const IgnoreRule& rule) {
        if (rule.is_folders_only && !is_folder) return false;
        if (rule.is_top_only && path.find('/') != path.npos) return false;
        return matches(rule.glob, path);
    });
}

bool is_git(std::string_view path) {
    return path.substr(path.rfind('/') + 1) == ".git";
}

std::string told(const LeftOut& left_out) {
    std::string text;
    if (left_out.files != 0) text = counted(left_out.files, "file");
    if (left_out.folders != 0) {
        text += (text.empty() ? "" : ", ") + counted(left_out.folders, "folder");
    }
    if (!text.empty()) text += " by " + std::string(ignore_file);
    if (left_out.has_git) text += text.empty() ? ".git" : ", .git";
    return text.empty() ? text : "left out: " + text;
}

}  // namespace edgeroll::cli
