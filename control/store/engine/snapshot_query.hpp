// Reads everything about a release in one snapshot (Store::read).
#pragma once

#include <optional>

#include "control/core/ports.hpp"
#include "control/store/db/connection.hpp"
#include "control/store/engine/content_book.hpp"
#include "release/wire/call_rules.hpp"

namespace edgeroll::control {

/// Also repairs what only a read can find: fills in a missing content digest, and clears an unknown
/// requested_action with a note.
/// @param part only the header and the rows of this batch
/// @param gate_rules a release that has not begun is impossible when they refuse its gate
[[nodiscard]] std::optional<release::Snapshot> take_snapshot(
    Connection& connection, ContentBook& contents, const Claim& claim,
    std::optional<int> part = std::nullopt, const release::wire::CallRules& gate_rules = {});

}  // namespace edgeroll::control
