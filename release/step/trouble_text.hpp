// The error_msg of a running row: the present trouble, followed by the text about earlier attempts.
#pragma once

#include <cstdint>
#include <string>

namespace edgeroll::release {

/// @param trouble the present trouble; empty: none
/// @param earlier how the previous attempt failed; empty: this is the first
[[nodiscard]] std::string with_earlier_attempt(const std::string& trouble,
                                               const std::string& earlier);

/// " (given up at 2026-11-29T18:00:03Z)". @param utc_ms since 1970
[[nodiscard]] std::string given_up_text(std::int64_t utc_ms);

}  // namespace edgeroll::release
