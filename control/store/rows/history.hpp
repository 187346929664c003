// Rows of release_events, an append-only table.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "control/store/db/connection.hpp"
#include "release/commit.hpp"

namespace edgeroll::control {

using Detail = std::vector<std::pair<std::string, std::string>>;

/// The text of a JSON object.
[[nodiscard]] std::string detail_text(const Detail& detail);

/// Appends the rows in this order, inside the caller's transaction.
void add_history(Connection& connection, release::ReleaseId id, const std::string& actor,
                 const std::vector<release::HistoryRow>& rows);

}  // namespace edgeroll::control
