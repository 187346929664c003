#include "release/windows.hpp"

#include <algorithm>

namespace edgeroll::release {
namespace {

constexpr std::int64_t minute_ms = 60'000;
constexpr std::int64_t day_ms = 24 * 60 * minute_ms;

std::int64_t time_of_day(const Window& window, std::int64_t utc_ms) {
    const std::int64_t local = utc_ms + window.offset_minutes * minute_ms;
    return ((local % day_ms) + day_ms) % day_ms;
}

std::int64_t until_open(const Window& window, std::int64_t utc_ms) {
    const std::int64_t now = time_of_day(window, utc_ms);
    const std::int64_t from = window.from_minute * minute_ms;
    const std::int64_t length = (window.to_minute * minute_ms - from + day_ms) % day_ms;
    const std::int64_t since_opened = (now - from + day_ms) % day_ms;
    const bool is_open = length == 0 || since_opened < length;
    return is_open ? 0 : day_ms - since_opened;
}

}  // namespace

Millis until_open(const std::vector<Window>& windows, std::int64_t utc_ms) {
    if (windows.empty()) return Millis{0};
    std::int64_t least = day_ms;
    for (const Window& window : windows)
        least = std::min(least, until_open(window, utc_ms));
    return Millis{least};
}

}  // namespace edgeroll::release
