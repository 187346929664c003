#include "tls/rt/settings.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "release/words.hpp"
#include "tls/rt/log_format.hpp"

namespace edgeroll::rt {
namespace {

using release::Millis;

std::string quoted(std::string_view text) {
    return "'" + escape(text, 64) + "'";
}

std::optional<std::int64_t> whole_number(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

bool is_digits(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Parsed as integers: a double would not represent 0.001 exactly.
std::optional<Millis> parse_seconds(std::string_view text) {
    const auto dot = text.find('.');
    const std::string_view whole = text.substr(0, dot);
    std::string fraction{dot == std::string_view::npos ? "" : text.substr(dot + 1)};
    if (whole.empty() && fraction.empty()) return std::nullopt;
    if (!is_digits(whole) || !is_digits(fraction) || whole.size() > 9) return std::nullopt;
    if (fraction.size() > 3 && fraction.find_first_not_of('0', 3) != std::string::npos) {
        return std::nullopt;  // finer than a millisecond
    }
    fraction.resize(3, '0');
    const auto seconds = whole.empty() ? 0 : whole_number(whole).value_or(0);
    return Millis{seconds * 1000 + whole_number(fraction).value_or(0)};
}

std::string seconds_text(Millis value) {
    std::string text = std::to_string(value.count() / 1000);
    if (const auto rest = value.count() % 1000; rest != 0) {
        std::string digits = std::to_string(1000 + rest).substr(1);
        digits.erase(digits.find_last_not_of('0') + 1);
        text += "." + digits;
    }
    return text;
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
        text += words[i];
    }
    return text;
}

}  // namespace

Setting text_setting(std::string name, std::string& target, std::string help) {
    Setting setting;
    setting.name = std::move(name);
    setting.default_text = target;
    setting.help = std::move(help);
    setting.parse = [&target](std::string_view text) -> std::optional<std::string> {
        if (text.find('\0') != std::string_view::npos) {
            return "holds a NUL character; give plain text";
        }
        target = text;
        return std::nullopt;
    };
    return setting;
}

Setting secret_setting(std::string name, std::string& target, std::string help) {
    Setting setting = text_setting(std::move(name), target, std::move(help));
    setting.default_text.clear();
    setting.is_secret = true;
    return setting;
}

Setting flag_setting(std::string name, bool& target, std::string help) {
    Setting setting;
    setting.name = std::move(name);
    setting.default_text = target ? "1" : "0";
    setting.help = std::move(help);
    setting.parse = [&target](std::string_view text) -> std::optional<std::string> {
        if (text != "0" && text != "1") {
            return quoted(text) + " is not a switch; give 1 (on) or 0 (off)";
        }
        target = text == "1";
        return std::nullopt;
    };
    return setting;
}

Setting loose_files_setting(LooseFiles& target) {
    Setting setting;
    setting.name = "ALLOW_LOOSE_FILES";
    setting.default_text = "0";
    setting.help = "1: keys, tokens and passwords may be in files that everybody can read";
    setting.parse = [&target](std::string_view text) -> std::optional<std::string> {
        if (text != "0" && text != "1") {
            return quoted(text) + " is not a switch; give 1 (on) or 0 (off)";
        }
        target = text == "1" ? LooseFiles::allowed : LooseFiles::refused;
        return std::nullopt;
    };
    return setting;
}

Setting log_level_setting(std::string& target) {
    std::vector<std::string> levels;
    for (const LogLevel level : release::enum_values<LogLevel>)
        levels.emplace_back(to_text(level));
    return choice_setting("LOG_LEVEL", target, std::move(levels),
                          "what is logged: " + release::listed<LogLevel>(" or "));
}

Setting seconds_setting(std::string name, Millis& target, Millis least, std::string help) {
    Setting setting;
    setting.name = std::move(name);
    setting.default_text = seconds_text(target);
    setting.help = std::move(help);
    setting.parse = [&target, least, example = setting.default_text](
                        std::string_view text) -> std::optional<std::string> {
        const auto value = parse_seconds(text);
        const std::string right = "give seconds, at least " + seconds_text(least) +
                                  ", with a fraction if you like, e.g. " + example;
        if (!value) return quoted(text) + " is not a number of seconds; " + right;
        if (*value < least) return quoted(text) + " is too short; " + right;
        target = *value;
        return std::nullopt;
    };
    return setting;
}

Setting number_setting(std::string name, int& target, int least, int most, std::string help) {
    Setting setting;
    setting.name = std::move(name);
    setting.default_text = std::to_string(target);
    setting.help = std::move(help);
    setting.parse = [&target, least, most](std::string_view text) -> std::optional<std::string> {
        const auto value = whole_number(text);
        const std::string right = "give " + std::to_string(least) + " to " + std::to_string(most);
        if (!value) return quoted(text) + " is not a whole number; " + right;
        if (*value < least || *value > most) return quoted(text) + " is out of range; " + right;
        target = static_cast<int>(*value);
        return std::nullopt;
    };
    return setting;
}

Setting choice_setting(std::string name, std::string& target, std::vector<std::string> choices,
                       std::string help) {
    Setting setting;
    setting.name = std::move(name);
    setting.default_text = target;
    setting.help = std::move(help);
    setting.parse = [&target, choices = std::move(choices)](
                        std::string_view text) -> std::optional<std::string> {
        if (std::find(choices.begin(), choices.end(), text) == choices.end()) {
            return quoted(text) + " is not known; give " + joined(choices);
        }
        target = text;
        return std::nullopt;
    };
    return setting;
}

std::map<std::string, std::string> environment() {
    std::map<std::string, std::string> variables;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view text{*entry};
        const auto equals = text.find('=');
        if (equals == std::string_view::npos) continue;
        variables.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    return variables;
}

std::string settings_help(const std::vector<Setting>& table) {
    std::string text =
        "Settings (environment variables; with --config also keys of a TOML file, in lower case;\n"
        "the environment wins):\n";
    for (const Setting& setting : table) {
        text += "  " + setting.name;
        if (!setting.default_text.empty() && !setting.is_secret) {
            text += " (default " + setting.default_text + ")";
        }
        text += "\n      " + setting.help + "\n";
    }
    return text;
}

}  // namespace edgeroll::rt
