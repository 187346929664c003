// Takes up nodes that are owed a content, and writes down how that ended.
#pragma once

#include <vector>

#include "control/core/reconciler.hpp"
#include "control/store/db/connection.hpp"
#include "control/store/fleet/template_book.hpp"

namespace edgeroll::control {

/// As ReconcileStore::take_up. Its own transaction.
[[nodiscard]] TakenUp take_up_nodes(Connection& connection, TemplateBook& templates,
                                    const release::ReconcileRules& rules,
                                    const release::ReconcileRound& round);

/// As ReconcileStore::progress. Writes only where a node has ended.
[[nodiscard]] ReconcileProgress read_progress(Connection& connection);

/// Forgives the failures so far, and tries the nodes that failed again. Inside the caller's
/// transaction. Returns how many failures were forgiven.
[[nodiscard]] int forgive_failures(Connection& connection);

}  // namespace edgeroll::control
