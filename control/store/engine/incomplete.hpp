// Releases whose node rows are still being inserted (docs/contract.md section 3).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "control/store/db/connection.hpp"
#include "control/store/rows/row_patience.hpp"
#include "release/ids.hpp"
#include "release/time.hpp"

namespace edgeroll::control {

/// What was read of a release that has not started.
struct Awaited {
    release::ReleaseId id;
    bool is_pending = true;  ///< a release that was paused by hand is never given up
    bool is_due = true;
    bool has_batch_config = false;
    bool is_config_empty = false;  ///< batch_config is a text with nothing in it
    std::int64_t total_nodes = 0;
    std::int64_t rows = 0;
    std::optional<std::int64_t> rows_seen;  ///< as noted at an earlier look
    release::Millis unchanged_for{0};       ///< since the noted number last grew
    std::string last_error;
};

/// True if the release is complete. If not, last_error says what is missing, and once the rows have
/// stopped growing for row_patience (and the release is due) it fails. All by conditional updates,
/// since several processes look at once.
[[nodiscard]] bool see_to_rows(Connection& connection, const std::string& owner,
                               const Awaited& awaited);

}  // namespace edgeroll::control
