// Reconciliation as the API shows and continues it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "control/api/ports/asker.hpp"
#include "release/fleet/reconciliation.hpp"

namespace edgeroll::control {

/// A row of reconcile_nodes.
struct ReconcileView {
    release::ReleaseId release;
    release::NodeId node;
    std::string name;  ///< empty if the node is gone
    std::string cause, taken_at, ended_at, outcome, error;
    bool is_continued = false;  ///< an operator continued after this failure
};

struct ReconciliationView {
    release::ReconcilePace pace;
    std::vector<release::OwedRelease> releases;
    std::vector<ReconcileView> open;    ///< being served, the oldest first
    std::vector<ReconcileView> recent;  ///< the 20 that ended last, the newest first
};

struct ContinueRequest {
    std::string reason;  ///< may be empty
    Asker by{};          ///< for the audit log
};

}  // namespace edgeroll::control
