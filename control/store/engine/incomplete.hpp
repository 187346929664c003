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

/// The columns read of a release that has not started.
struct Awaited {
    release::ReleaseId id;
    bool is_pending = true;  ///< a release paused by an operator is never given up
    bool is_due = true;
    release::AwaitedRows rows;
    std::optional<std::int64_t> rows_seen;  ///< as noted by an earlier look
    release::Millis unchanged_for{0};       ///< since the noted number last increased
    std::string last_error;
};

enum class RowsState {
    awaited,  ///< last_error says what is missing
    /// No row has arrived for row_patience, and the release is due: its next owner gives it up.
    overdue,
    complete,
};

/// Notes in the release how many rows exist. By conditional updates, since several processes look
/// at the same time. A look either notes a number or finds the release overdue, never both.
[[nodiscard]] RowsState see_to_rows(Connection& connection, const Awaited& awaited);

}  // namespace edgeroll::control
