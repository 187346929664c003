// Wall-clock times in the API's format and for people. Pure: now is passed in.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace edgeroll::cli {

using Millis = std::chrono::milliseconds;

/// Milliseconds since 1970-01-01T00:00:00Z.
struct Moment {
    Millis since_epoch{0};
    friend constexpr auto operator<=>(Moment, Moment) = default;
};

/// RFC 3339 with any offset and any number of fraction digits; nothing for other text.
[[nodiscard]] std::optional<Moment> parse_moment(std::string_view text);

/// "2026-11-21T11:29:20Z"; seconds, UTC.
[[nodiscard]] std::string to_text(Moment moment);

/// "0.4 s", "12 s", "3 min 12 s", "5 h 2 min", "4 d 3 h". Negative counts as 0.
[[nodiscard]] std::string duration_text(Millis duration);

/// "12 s ago", "3 min ago", "in 30 s", "now"; unchanged if it is not a time; empty for empty.
[[nodiscard]] std::string relative_text(std::string_view rfc3339, Moment now);

/// The time from one API time to another, or to now if the second is empty; empty when unknown.
[[nodiscard]] std::string took_text(std::string_view from, std::string_view to, Moment now);

}  // namespace edgeroll::cli
