#include "release/step/trouble_text.hpp"

#include <chrono>
#include <cstdio>
#include <string_view>

#include "release/time.hpp"

namespace edgeroll::release {
namespace {

constexpr std::string_view attempt_word = "attempt ";
constexpr std::string_view attempt_mark = "; attempt ";

}  // namespace

std::string trouble_in(const std::string& error) {
    if (error.starts_with(attempt_word)) return {};
    return error.substr(0, error.find(attempt_mark));
}

std::string without_trouble(const std::string& error) {
    if (error.starts_with(attempt_word)) return error;
    const std::size_t found = error.find(attempt_mark);
    if (found == std::string::npos) return {};
    return error.substr(found + attempt_mark.size() - attempt_word.size());
}

std::string with_trouble(const std::string& trouble, const std::string& error) {
    const std::string earlier = without_trouble(error);
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
