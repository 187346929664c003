// The error_msg of a running row: what is in the way now ("trouble"), and behind it what is said of
// earlier attempts.
#pragma once

#include <cstdint>
#include <string>

namespace edgeroll::release {

/// @param trouble what is in the way now; empty: nothing
/// @param earlier how the attempt before failed; empty: it is the first
[[nodiscard]] std::string with_earlier_attempt(const std::string& trouble,
                                               const std::string& earlier);

/// " (given up at 2026-11-29T18:00:03Z)". @param utc_ms since 1970
[[nodiscard]] std::string given_up_text(std::int64_t utc_ms);

}  // namespace edgeroll::release
