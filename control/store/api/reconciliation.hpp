// Reconciliation as the API shows and continues it.
#pragma once

#include "control/api/ports/reconciliation.hpp"
#include "control/store/db/connection.hpp"
#include "control/store/fleet/template_book.hpp"

namespace edgeroll::control {

/// What it does, what it did, and what all nodes are owed.
[[nodiscard]] ReconciliationView read_reconciliation(Connection& connection,
                                                     TemplateBook& templates);

/// Forgives the failures so far, so that it goes on and tries the nodes that failed again. Returns
/// how many were forgiven; 0 changes nothing.
[[nodiscard]] int forgive(Connection& connection, const ContinueRequest& request);

}  // namespace edgeroll::control
