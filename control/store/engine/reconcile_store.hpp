// The database, as reconciliation uses it (control/core/reconciler).
#pragma once

#include <memory>

#include "control/core/reconciler.hpp"
#include "control/secrets/secret_keys.hpp"
#include "control/store/db/threads.hpp"

namespace edgeroll::control {

/// @param threads must outlive it
/// @param secrets may be null: templates of secret files are then not known
[[nodiscard]] std::unique_ptr<ReconcileStore> make_reconcile_store(
    DbThreads& threads, std::shared_ptr<const SecretKeyring> secrets);

}  // namespace edgeroll::control
