// Formats and parses the API's timestamps.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "release/time.hpp"

namespace edgeroll::control::api {

/// Reads RFC 3339 (`2026-01-31T08:00:00Z`, fractions and `+08:00` allowed; a zone is required) and
/// returns the same moment as `YYYY-MM-DDTHH:MM:SS.mmmZ`. Nothing for a date that does not exist,
/// a leap second, or a moment that MySQL's TIMESTAMP cannot hold (1970-01-02 to 2038-01-18).
[[nodiscard]] std::optional<std::string> normal_time(std::string_view text);

/// The time plus that span, in the same format. Nothing where normal_time returns nothing.
[[nodiscard]] std::optional<std::string> later_time(std::string_view text, release::Millis span);

}  // namespace edgeroll::control::api
