#include "control/cli/command_line.hpp"

#include <algorithm>
#include <vector>

namespace edgeroll::cli {
namespace {

bool is_harmless(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-_./:,=+@%").find(c) != std::string_view::npos;
}

bool is_control(char c) {
    return static_cast<unsigned char>(c) < ' ' || c == 0x7f;
}

}  // namespace

std::string shell_quoted(const std::string& word) {
    if (!word.empty() && std::all_of(word.begin(), word.end(), is_harmless)) return word;
    // Characters that act on a terminal become escapes, which bash's $'…' decodes.
    const bool has_control = std::any_of(word.begin(), word.end(), is_control);
    std::string quoted = has_control ? "$'" : "'";
    for (const char c : word) {
        if (has_control && (is_control(c) || c == '\\' || c == '\'')) {
            constexpr std::string_view digits = "01234567";
            const auto byte = static_cast<unsigned char>(c);
            quoted += {'\\', digits[byte >> 6U], digits[byte >> 3U & 7U], digits[byte & 7U]};
        } else if (c == '\'') {
            quoted += "'\\''";
        } else {
            quoted += c;
        }
    }
    return quoted + "'";
}

std::string create_command_line(const ReleaseCreate& what, const release::wire::Json& batch_config,
                                const std::string& plan_sha256) {
    std::vector<std::string> words{"edgeroll"};
    words.insert(words.end(), what.global_options.begin(), what.global_options.end());
    words.insert(words.end(), {"release", "create"});
    const auto add = [&](const char* option, const std::string& value) {
        // With "=", since the value may begin with a dash.
        if (value.starts_with('-')) {
            words.push_back(std::string(option) + "=" + value);
        } else if (!value.empty()) {
            words.insert(words.end(), {option, value});
        }
    };
    const auto add_flag = [&](const char* option, bool is_set) {
        if (is_set) words.emplace_back(option);
    };
    add("--version", what.version > 0 ? std::to_string(what.version) : "");
    add_flag("--reload-only", what.is_reload_only);
    add("--type", what.type);
    add("--from-release", what.from_release > 0 ? std::to_string(what.from_release) : "");
    add("--reason", what.reason);
    add("--not-before", what.not_before);
    add("--callback-url", what.callback_url);
    add_flag("--supersede", what.is_superseding);
    add_flag("--force", what.is_forced);
    add("--batch-config", batch_config.empty() ? "" : release::wire::dump_json(batch_config));
    add("--idempotency-key", what.idempotency_key);
    add("--plan", plan_sha256);
    std::string line;
    for (const std::string& word : words)
        line += (line.empty() ? "" : " ") + shell_quoted(word);
    return line;
}

}  // namespace edgeroll::cli
