// Releases whose node rows are still being inserted (docs/contract.md section 3).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "control/store/db/connection.hpp"
#include "release/ids.hpp"
#include "release/missing_rows.hpp"
#include "release/time.hpp"

namespace edgeroll::control {

/// What was read of a release that has not started.
struct Awaited {
    release::ReleaseId id;
    bool is_pending = true;  ///< a release that was paused by hand is never given up
    bool is_due = true;
    release::AwaitedRows rows;
    std::optional<std::int64_t> rows_seen;  ///< as noted at an earlier look
    release::Millis unchanged_for{0};       ///< since the noted number last grew
    std::string last_error;
};

enum class RowsState {
    awaited,  ///< last_error says what is missing
    overdue,  ///< nothing has come for row_patience, and it is due: whoever claims it gives it up
    complete,
};

/// Notes in the release how many rows are there. By conditional updates, since several processes
/// look at once. One look notes a number, a later one finds the release overdue: never both.
[[nodiscard]] RowsState see_to_rows(Connection& connection, const Awaited& awaited);

}  // namespace edgeroll::control
