// Everything about a release, read at one moment (Store::read).
#pragma once

#include <optional>

#include "control/core/ports.hpp"
#include "control/store/db/connection.hpp"
#include "control/store/engine/content_book.hpp"
#include "release/wire/call_rules.hpp"

namespace edgeroll::control {

/// Also settles what only reading finds: a missing content digest is filled in, and an unknown
/// word in requested_action is cleared with a note.
/// @param part only the header and the rows of this batch
/// @param gate_rules a release that has not begun is impossible when its gate may not be called
[[nodiscard]] std::optional<release::Snapshot> take_snapshot(
    Connection& connection, ContentBook& contents, const Claim& claim,
    std::optional<int> part = std::nullopt, const release::wire::CallRules& gate_rules = {});

}  // namespace edgeroll::control
