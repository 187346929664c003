// Rows of release_events, which are only ever added.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "control/store/db/connection.hpp"
#include "release/commit.hpp"

namespace edgeroll::control {

using Detail = std::vector<std::pair<std::string, std::string>>;

/// JSON object text.
[[nodiscard]] std::string detail_text(const Detail& detail);

/// Adds the rows in this order, inside the caller's transaction.
void add_history(Connection& connection, release::ReleaseId id, const std::string& actor,
                 const std::vector<release::HistoryRow>& rows);

}  // namespace edgeroll::control
