// Everything about a release, read at one moment (Store::read).
#pragma once

#include <optional>

#include "control/core/ports.hpp"
#include "control/store/content_book.hpp"
#include "control/store/db/connection.hpp"

namespace edgeroll::control {

/// Also settles what only reading finds: a missing content digest is filled in, and an unknown
/// word in requested_action is cleared with a note.
/// @param part only the header and the rows of this batch
[[nodiscard]] std::optional<release::Snapshot> read_snapshot(
    Connection& connection, ContentBook& contents, const Claim& claim,
    std::optional<int> part = std::nullopt);

}  // namespace edgeroll::control
