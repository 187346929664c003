// The key `windows`: times of day in which batches may start.
#include "release/text/digits.hpp"
#include "release/text/utf8.hpp"
#include "release/wire/batch_config_parts.hpp"

namespace edgeroll::release::wire {
namespace {

constexpr std::size_t windows_max = 100;
constexpr int zone_minutes_max = 14 * 60;

/// Minutes of exactly `HH:MM`, with any hours.
std::optional<int> minutes_of(std::string_view text) {
    if (text.size() != 5 || text[2] != ':') return {};
    for (const std::size_t i : {0U, 1U, 3U, 4U}) {
        if (!is_digit(text[i])) return {};
    }
    const auto number = [&](std::size_t at) {
        return (text[at] - '0') * 10 + (text[at + 1] - '0');
    };
    if (number(3) > 59) return {};
    return number(0) * 60 + number(3);
}

std::optional<int> zone_of(std::string_view text) {
    if (text == "Z") return 0;
    if (text.empty() || (text.front() != '+' && text.front() != '-')) return {};
    const auto minutes = minutes_of(text.substr(1));
    if (!minutes || *minutes > zone_minutes_max) return {};
    return text.front() == '-' ? -*minutes : *minutes;
}

Result<Window> read_window(const Json& object, const std::string& field) {
    if (!object.is_object()) return bad_field(field, "an object with from, to and tz");
    for (const auto& [key, value] : object.items()) {
        if (key != "from" && key != "to" && key != "tz") {
            return bad_config("key '" + field + "." + cut_utf8(key, 64) + "' is unknown");
        }
    }
    Window window;
    for (const auto& [key, target] :
         {std::pair{"from", &window.from_minute}, {"to", &window.to_minute}}) {
        const auto text = required_text(object, key);
        const auto minutes = text ? minutes_of(*text) : std::nullopt;
        if (!minutes || *minutes >= 24 * 60) {
            return bad_field(field + "." + key, "a time of day from \"00:00\" to \"23:59\"");
        }
        *target = *minutes;
    }
    const auto zone = optional_text(object, "tz");
    const auto offset = zone ? zone_of(zone->value_or("Z")) : std::nullopt;
    if (!offset) {
        return bad_field(field + ".tz", "\"Z\" or a distance from UTC like \"+08:00\"");
    }
    window.offset_minutes = *offset;
    return window;
}

}  // namespace

Result<void> read_windows(const Json& config, Policy& policy) {
    const auto list = config.find("windows");
    if (list == config.end() || list->is_null()) return {};
    // With an empty list no batch could ever start.
    if (!list->is_array() || list->empty() || list->size() > windows_max) {
        return bad_field("windows", "a list of 1 to 100 windows");
    }
    for (const Json& object : *list) {
        const auto window =
            read_window(object, "windows[" + std::to_string(policy.windows.size()) + "]");
        if (!window) return tl::unexpected(window.error());
        policy.windows.push_back(*window);
    }
    return {};
}

}  // namespace edgeroll::release::wire
