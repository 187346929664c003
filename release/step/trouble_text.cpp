#include "release/step/trouble_text.hpp"

#include <chrono>
#include <cstdio>

#include "release/time.hpp"

namespace edgeroll::release {
std::string with_earlier_attempt(const std::string& trouble, const std::string& earlier) {
    if (trouble.empty() || earlier.empty()) return trouble + earlier;
    return trouble + "; " + earlier;
}

std::string given_up_text(std::int64_t utc_ms) {
    namespace chrono = std::chrono;
    const chrono::sys_time<Millis> at{Millis{utc_ms}};
    const auto day = chrono::floor<chrono::days>(at);
    const chrono::year_month_day date(day);
    const chrono::hh_mm_ss time(chrono::floor<chrono::seconds>(at - day));
    char text[64];
    std::snprintf(text, sizeof text, " (given up at %04d-%02u-%02uT%02d:%02d:%02dZ)",
                  static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                  static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
                  static_cast<int>(time.minutes().count()),
                  static_cast<int>(time.seconds().count()));
    return text;
}

}  // namespace edgeroll::release
