#include "control/api/rfc3339.hpp"

#include <chrono>
#include <cstdint>
#include <cstdio>

namespace edgeroll::control::api {
namespace {

/// Consumes exactly `digits` leading digits.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
    if (text.size() < digits) return std::nullopt;
    int number = 0;
    for (std::size_t i = 0; i < digits; ++i) {
        if (text[i] < '0' || text[i] > '9') return std::nullopt;
        number = number * 10 + (text[i] - '0');
    }
    text.remove_prefix(digits);
    return number;
}

bool take(std::string_view& text, std::string_view any_of) {
    if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
    text.remove_prefix(1);
    return true;
}

/// `.123456`: milliseconds, further digits dropped. 0 without a fraction.
std::optional<int> take_millis(std::string_view& text) {
    if (!take(text, ".")) return 0;
    int millis = 0;
    int digits = 0;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
        if (digits < 3) millis = millis * 10 + (text.front() - '0');
        ++digits;
        text.remove_prefix(1);
    }
    if (digits == 0 || digits > 9) return std::nullopt;
    for (int i = digits; i < 3; ++i)
        millis *= 10;
    return millis;
}

/// `Z` or `+08:00`: minutes east of UTC.
std::optional<int> take_zone(std::string_view& text) {
    if (take(text, "Zz")) return 0;
    if (text.empty() || (text.front() != '+' && text.front() != '-')) return std::nullopt;
    const int sign = text.front() == '+' ? 1 : -1;
    text.remove_prefix(1);
    const auto hours = take_number(text, 2);
    if (!hours || *hours > 23 || !take(text, ":")) return std::nullopt;
    const auto minutes = take_number(text, 2);
    if (!minutes || *minutes > 59) return std::nullopt;
    return sign * (*hours * 60 + *minutes);
}

std::optional<std::chrono::sys_days> take_date(std::string_view& text) {
    const auto year = take_number(text, 4);
    if (!year || !take(text, "-")) return std::nullopt;
    const auto month = take_number(text, 2);
    if (!month || !take(text, "-")) return std::nullopt;
    const auto day = take_number(text, 2);
    if (!day) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(*year),
                                           std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day))};
    if (!date.ok()) return std::nullopt;
    return std::chrono::sys_days(date);
}

std::optional<int> take_second_of_day(std::string_view& text) {
    const auto hour = take_number(text, 2);
    if (!hour || *hour > 23 || !take(text, ":")) return std::nullopt;
    const auto minute = take_number(text, 2);
    if (!minute || *minute > 59 || !take(text, ":")) return std::nullopt;
    const auto second = take_number(text, 2);
    if (!second || *second > 59) return std::nullopt;
    return (*hour * 60 + *minute) * 60 + *second;
}

/// Milliseconds since 1970, in the range of MySQL's TIMESTAMP.
std::optional<std::int64_t> read_time(std::string_view text) {
    const auto day = take_date(text);
    if (!day || !take(text, "Tt ")) return std::nullopt;
    const auto second = take_second_of_day(text);
    if (!second) return std::nullopt;
    const auto millis = take_millis(text);
    if (!millis) return std::nullopt;
    const auto zone = take_zone(text);
    if (!zone || !text.empty()) return std::nullopt;
    const std::int64_t total =
        std::int64_t{day->time_since_epoch().count()} * 86'400 + *second - *zone * 60;
    constexpr std::int64_t first = 86'400;
    constexpr std::int64_t last = 2'147'385'600;  // 2038-01-18
    if (total < first || total > last) return std::nullopt;
    return total * 1000 + *millis;
}

/// @param time milliseconds since 1970, not negative
std::string write_time(std::int64_t time) {
    constexpr std::int64_t day_ms = 86'400'000;
    const std::chrono::sys_days date{std::chrono::days(time / day_ms)};
    const std::chrono::year_month_day parts(date);
    const auto rest = static_cast<int>(time % day_ms);
    char buffer[48];
    std::snprintf(buffer, sizeof buffer, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
                  static_cast<int>(parts.year()), static_cast<unsigned>(parts.month()),
                  static_cast<unsigned>(parts.day()), rest / 3'600'000, rest / 60'000 % 60,
                  rest / 1000 % 60, rest % 1000);
    return std::string(buffer);
}

}  // namespace

std::optional<std::string> normal_time(std::string_view text) {
    const auto time = read_time(text);
    if (!time) return std::nullopt;
    return write_time(*time);
}

std::optional<std::string> later_time(std::string_view text, release::Millis span) {
    const auto time = read_time(text);
    if (!time || *time + span.count() < 0) return std::nullopt;
    return write_time(*time + span.count());
}

}  // namespace edgeroll::control::api
