// The error_msg of a running row: what is in the way now ("trouble"), and behind it what is said of
// earlier attempts.
#pragma once

#include <cstdint>
#include <string>

namespace edgeroll::release {

/// What is in the way now; empty: nothing.
[[nodiscard]] std::string trouble_in(const std::string& error);

/// What is said of earlier attempts; empty: nothing.
[[nodiscard]] std::string without_trouble(const std::string& error);

/// The error with another trouble; what it says of earlier attempts stays.
[[nodiscard]] std::string with_trouble(const std::string& trouble, const std::string& error);

/// " (given up at 2026-11-29T18:00:03Z)". @param utc_ms since 1970
[[nodiscard]] std::string given_up_text(std::int64_t utc_ms);

}  // namespace edgeroll::release
