// What operators ask of a release through the API, and what they are answered.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "control/store/asker.hpp"
#include "release/actions.hpp"
#include "release/ids.hpp"
#include "release/retry.hpp"
#include "release/rollback.hpp"
#include "release/wire/limit_change.hpp"

namespace edgeroll::control {

class SecretKeys;

/// Who asks, for which release, and why.
struct ActionRequest {
    release::ReleaseId id;
    std::string actor;
    std::string reason;  ///< free text; may be empty
    Asker by{};          ///< for the audit log
};

/// pause, continue or stop.
struct SteerRequest : ActionRequest {
    release::Steering action = release::Steering::pause;
};

struct RetryRequest : ActionRequest {
    std::vector<release::NodeReference> nodes;  ///< empty: all that need it
    /// Catching up: no failure among them makes the release fail, only those of the first batch
    /// named are taken, and it is refused while no window is open.
    /// It is the engine's own deed, and not audited.
    bool tolerates_all = false;
};

struct RollbackRequest : ActionRequest {
    bool is_forced = false;     ///< although a later release touched the nodes
    bool is_dry_run = false;    ///< only says what it would do
    bool is_by_itself = false;  ///< on_failure: nodes that the last retry left out stay as they are
    /// As of NewRelease. What edgeroll does by itself is judged when it is claimed.
    std::shared_ptr<const SecretKeys> secret_keys{};
};

struct LimitRequest : ActionRequest {
    release::wire::LimitChange change;
};

}  // namespace edgeroll::control
