#include "control/cli/times.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace edgeroll::cli {
namespace {

using std::chrono::sys_days;

/// Reads digits and fixed characters from the front of a text.
class Reader {
  public:
    explicit Reader(std::string_view text) : rest_(text) {}

    std::optional<int> number(std::size_t digits) {
        if (rest_.size() < digits) return {};
        int value = 0;
        for (const char digit : rest_.substr(0, digits)) {
            if (digit < '0' || digit > '9') return {};
            value = value * 10 + (digit - '0');
        }
        rest_.remove_prefix(digits);
        return value;
    }
    bool skip(std::string_view one_of) {
        if (rest_.empty() || one_of.find(rest_.front()) == std::string_view::npos) return false;
        rest_.remove_prefix(1);
        return true;
    }
    /// The first three digits of the fraction as milliseconds; drops further digits.
    std::optional<int> fraction() {
        int value = 0;
        int digits = 0;
        while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') {
            if (digits < 3) value = value * 10 + (rest_.front() - '0');
            ++digits;
            rest_.remove_prefix(1);
        }
        if (digits == 0) return {};
        for (; digits < 3; ++digits)
            value *= 10;
        return value;
    }
    [[nodiscard]] std::string_view rest() const { return rest_; }

  private:
    std::string_view rest_;
};

std::optional<Millis> read_offset(Reader& reader) {
    if (reader.skip("Zz")) return Millis(0);
    const bool is_behind = !reader.rest().empty() && reader.rest().front() == '-';
    if (!reader.skip("+-")) return {};
    const auto hours = reader.number(2);
    if (!reader.skip(":")) return {};
    const auto minutes = reader.number(2);
    if (!hours || !minutes) return {};
    const Millis offset = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
    return is_behind ? -offset : offset;
}

/// The two largest units of a duration: 3 min 12 s.
std::string two_units(long long large, const char* large_unit, long long small,
                      const char* small_unit) {
    std::string text = std::to_string(large) + " " + large_unit;
    if (small > 0) text += " " + std::to_string(small) + " " + small_unit;
    return text;
}

/// The largest unit only, for the age of something.
std::string one_unit(Millis duration) {
    const long long seconds = duration.count() / 1000;
    if (seconds < 60) return std::to_string(seconds) + " s";
    if (seconds < 3600) return std::to_string(seconds / 60) + " min";
    if (seconds < 86400) return std::to_string(seconds / 3600) + " h";
    return std::to_string(seconds / 86400) + " d";
}

}  // namespace

std::optional<Moment> parse_moment(std::string_view text) {
    Reader reader(text);
    const auto year = reader.number(4);
    if (!reader.skip("-")) return {};
    const auto month = reader.number(2);
    if (!reader.skip("-")) return {};
    const auto day = reader.number(2);
    if (!reader.skip("Tt ")) return {};
    const auto hour = reader.number(2);
    if (!reader.skip(":")) return {};
    const auto minute = reader.number(2);
    if (!reader.skip(":")) return {};
    const auto second = reader.number(2);
    std::optional<int> millis = 0;
    if (reader.skip(".")) millis = reader.fraction();
    if (!year || !month || !day || !hour || !minute || !second || !millis) return {};
    const auto offset = read_offset(reader);
    if (!offset || !reader.rest().empty()) return {};
    const std::chrono::year_month_day date{std::chrono::year(*year),
                                           std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day))};
    if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return {};
    const Millis whole = sys_days(date).time_since_epoch() + std::chrono::hours(*hour) +
                         std::chrono::minutes(*minute) + std::chrono::seconds(*second) +
                         Millis(*millis);
    return Moment{whole - *offset};
}

std::string to_text(Moment moment) {
    using namespace std::chrono;
    const auto day = floor<days>(moment.since_epoch);
    const year_month_day date{sys_days(day)};
    const hh_mm_ss time{floor<seconds>(moment.since_epoch - day)};
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ",
                  static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                  static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
                  static_cast<int>(time.minutes().count()),
                  static_cast<int>(time.seconds().count()));
    return text.data();
}

std::string duration_text(Millis duration) {
    const long long millis = std::max<long long>(duration.count(), 0);
    const long long seconds = millis / 1000;
    if (seconds < 10) {
        std::array<char, 32> text{};
        std::snprintf(text.data(), text.size(), "%lld.%lld s", seconds, millis % 1000 / 100);
        return text.data();
    }
    if (seconds < 60) return std::to_string(seconds) + " s";
    if (seconds < 3600) return two_units(seconds / 60, "min", seconds % 60, "s");
    if (seconds < 86400) return two_units(seconds / 3600, "h", seconds % 3600 / 60, "min");
    return two_units(seconds / 86400, "d", seconds % 86400 / 3600, "h");
}

std::string relative_text(std::string_view rfc3339, Moment now) {
    const auto moment = parse_moment(rfc3339);
    if (!moment) return std::string(rfc3339);
    const Millis ago = now.since_epoch - moment->since_epoch;
    if (ago.count() <= -1000) return "in " + one_unit(-ago);
    if (ago.count() < 1000) return "now";
    return one_unit(ago) + " ago";
}

std::string took_text(std::string_view from, std::string_view to, Moment now) {
    const auto start = parse_moment(from);
    if (!start) return {};
    const auto end = to.empty() ? std::optional<Moment>(now) : parse_moment(to);
    if (!end) return {};
    return duration_text(end->since_epoch - start->since_epoch);
}

}  // namespace edgeroll::cli
