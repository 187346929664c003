#include "control/store/api/database_time.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <optional>

namespace edgeroll::control {
namespace {

constexpr const char* form = "must be a time like 2026-11-21T02:00:00Z";

/// Consumes leading digits.
std::optional<int> digits(std::string_view& text, std::size_t count) {
    if (text.size() < count) return std::nullopt;
    int number = 0;
    for (const char c : text.substr(0, count)) {
        if (c < '0' || c > '9') return std::nullopt;
        number = number * 10 + (c - '0');
    }
    text.remove_prefix(count);
    return number;
}

bool take(std::string_view& text, char wanted) {
    if (text.empty() || text.front() != wanted) return false;
    text.remove_prefix(1);
    return true;
}

std::optional<int> millis(std::string_view& text) {
    if (!take(text, '.')) return 0;
    int value = 0, places = 0;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
        if (places < 3) value = value * 10 + (text.front() - '0');
        ++places;
        text.remove_prefix(1);
    }
    if (places == 0) return std::nullopt;
    for (; places < 3; ++places)
        value *= 10;
    return value;
}

std::optional<std::chrono::minutes> offset(std::string_view& text) {
    if (take(text, 'Z') || take(text, 'z')) return std::chrono::minutes{0};
    const bool is_west = take(text, '-');
    if (!is_west && !take(text, '+')) return std::nullopt;
    const auto hours = digits(text, 2);
    if (!hours || *hours > 23 || !take(text, ':')) return std::nullopt;
    const auto minutes = digits(text, 2);
    if (!minutes || *minutes > 59) return std::nullopt;
    const std::chrono::minutes east{*hours * 60 + *minutes};
    return is_west ? -east : east;
}

}  // namespace

release::Result<std::string> database_time(std::string_view text) {
    using namespace std::chrono;
    const auto bad = [] {
        return release::fail(form, release::Outcome::permanent, release::code::invalid);
    };
    const auto y = digits(text, 4);
    if (!y || !take(text, '-')) return bad();
    const auto mo = digits(text, 2);
    if (!mo || !take(text, '-')) return bad();
    const auto d = digits(text, 2);
    if (!d || !(take(text, 'T') || take(text, 't') || take(text, ' '))) return bad();
    const auto h = digits(text, 2);
    if (!h || *h > 23 || !take(text, ':')) return bad();
    const auto mi = digits(text, 2);
    if (!mi || *mi > 59 || !take(text, ':')) return bad();
    const auto s = digits(text, 2);
    if (!s || *s > 59) return bad();
    const auto ms = millis(text);
    if (!ms) return bad();
    const auto east = offset(text);
    if (!east || !text.empty()) return bad();
    const year_month_day date{year{*y}, month{static_cast<unsigned>(*mo)},
                              day{static_cast<unsigned>(*d)}};
    if (!date.ok() || *y < 1971 || *y > 2037) return bad();
    const auto utc =
        sys_days{date} + hours{*h} + minutes{*mi} + seconds{*s} + milliseconds{*ms} - *east;
    const auto midnight = floor<days>(utc);
    const year_month_day day_utc{midnight};
    const hh_mm_ss clock{floor<milliseconds>(utc - midnight)};
    std::array<char, 40> buffer{};
    std::snprintf(buffer.data(), buffer.size(), "%04d-%02u-%02u %02d:%02d:%02d.%03d",
                  static_cast<int>(day_utc.year()), static_cast<unsigned>(day_utc.month()),
                  static_cast<unsigned>(day_utc.day()), static_cast<int>(clock.hours().count()),
                  static_cast<int>(clock.minutes().count()),
                  static_cast<int>(clock.seconds().count()),
                  static_cast<int>(clock.subseconds().count()));
    return std::string(buffer.data());
}

}  // namespace edgeroll::control
