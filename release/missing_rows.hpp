// Releases whose node rows are still being inserted (docs/contract.md section 3).
#pragma once

#include <cstdint>
#include <string>

#include "release/time.hpp"

namespace edgeroll::release {

/// How long a half-inserted release waits after its last new row; database clock.
inline constexpr Millis row_patience{60'000};

/// The rows of a release that has not started.
struct AwaitedRows {
    std::int64_t total_nodes = 0;  ///< as the pipeline announced
    std::int64_t rows = 0;         ///< rows that exist
    bool has_batch_config = false;
    bool is_config_empty = false;  ///< batch_config is a blank text
};

[[nodiscard]] bool are_complete(const AwaitedRows& awaited);

/// "waiting for node rows: 1 of 3 are there"
[[nodiscard]] std::string waiting_text(const AwaitedRows& awaited);
/// "gave up waiting for node rows: ..."
[[nodiscard]] std::string gave_up_text(const AwaitedRows& awaited);

}  // namespace edgeroll::release
