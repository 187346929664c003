#include <toml++/toml.h>

#include <algorithm>
#include <sstream>

#include "tls/rt/log_format.hpp"
#include "tls/rt/settings.hpp"

namespace edgeroll::rt {
namespace {

using release::fail;
using release::Result;

constexpr std::size_t file_bytes_max = 1U << 20;

std::string lower_case(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return text;
}

/// The file must be read before it is clear whether it holds a secret.
Result<JudgedFile> read_text(const std::string& path) {
    auto file = read_judged_file(path, file_bytes_max);
    if (!file) {
        return fail("--config: '" + path + "' " + file.error().message +
                    "; give the path of a readable TOML file");
    }
    return file;
}

// The value as the text the environment would hold; nothing for tables, dates and similar types.
std::optional<std::string> text_of(const toml::node& node) {
    if (const auto* text = node.as_string()) return text->get();
    if (const auto* number = node.as_integer()) return std::to_string(number->get());
    if (const auto* flag = node.as_boolean()) return flag->get() ? "1" : "0";
    if (const auto* number = node.as_floating_point()) {
        std::ostringstream text;
        text.imbue(std::locale::classic());
        text.precision(15);
        text << number->get();
        return text.str();
    }
    if (const auto* list = node.as_array()) {
        std::string text;
        for (const toml::node& entry : *list) {
            const auto* word = entry.as_string();
            if (word == nullptr) return std::nullopt;
            if (!text.empty()) text += ',';
            text += word->get();
        }
        return text;
    }
    return std::nullopt;
}

bool is_on(const toml::table& document, const std::map<std::string, std::string>& env) {
    const auto variable = env.find("ALLOW_LOOSE_FILES");
    if (variable != env.end()) return variable->second == "1";
    const auto* const node = document.get("allow_loose_files");
    return node != nullptr && text_of(*node) == "1";
}

Result<void> apply(const Setting& setting, std::string_view text, const std::string& where) {
    const auto problem = setting.parse(text);
    if (problem) return fail(setting.name + where + ": " + *problem);
    return {};
}

Result<void> apply_file(const std::vector<Setting>& table, const std::string& path,
                        const std::map<std::string, std::string>& env) {
    const auto file = read_text(path);
    if (!file) return tl::unexpected(file.error());
    toml::table document;
    try {
        document = toml::parse(std::string_view{file->text});
    } catch (const toml::parse_error& e) {
        // Only the part before the colon: the rest may quote the text, which may be a secret.
        const std::string_view description = e.description();
        return fail("--config: '" + path + "' is not valid TOML, line " +
                    std::to_string(e.source().begin.line) + ", column " +
                    std::to_string(e.source().begin.column) + " (" +
                    std::string(description.substr(0, description.find(':'))) +
                    "); write name = \"value\", one a line");
    }
    const std::string where = " (in " + path + ")";
    for (const auto& [key, node] : document) {
        const std::string_view name = key.str();
        const auto setting = std::find_if(table.begin(), table.end(), [&](const Setting& s) {
            return lower_case(s.name) == name;
        });
        if (setting == table.end()) {
            return fail("--config: '" + path + "' has the unknown key '" + escape(name, 64) +
                        "'; the keys are the settings' names in lower case (see --help)");
        }
        const auto value = text_of(node);
        if (!value) {
            return fail(setting->name + where +
                        ": has the wrong type; give a text, a number or true or false");
        }
        if (auto done = apply(*setting, *value, where); !done) return done;
        const bool is_bare = setting->is_secret && !value->empty() &&
                             (!setting->holds_secret || setting->holds_secret(*value));
        if (is_bare && file->fault && !is_on(document, env)) {
            return fail("--config: '" + path + "' " + *file->fault + "; it holds " + setting->name +
                        ", a secret");
        }
    }
    return {};
}

}  // namespace

Result<void> load_settings(const std::vector<Setting>& table, const std::string& toml_path,
                           const std::map<std::string, std::string>& env) {
    if (!toml_path.empty()) {
        if (auto done = apply_file(table, toml_path, env); !done) return done;
    }
    for (const Setting& setting : table) {
        const auto variable = env.find(setting.name);
        if (variable == env.end()) continue;
        if (auto done = apply(setting, variable->second, ""); !done) return done;
    }
    return {};
}

}  // namespace edgeroll::rt
