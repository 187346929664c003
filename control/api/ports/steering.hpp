// What operators ask of a release through the API, and what they are answered.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "control/api/ports/asker.hpp"
#include "control/api/ports/creation.hpp"
#include "control/api/ports/release_views.hpp"
#include "release/actions.hpp"
#include "release/ids.hpp"
#include "release/retry.hpp"
#include "release/rollback.hpp"
#include "release/wire/limit_change.hpp"

namespace edgeroll::control {

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

/// A node that ran when a release was stopped by force.
struct GivenUpNode {
    release::NodeId id;
    std::string name;  ///< empty when the node is gone
    int batch = 1;
    int attempt = 0;
    std::string task_id;  ///< of the attempt; may be empty
};

/// A release as it is after a forced stop, and the nodes that nobody waits for any more.
struct ForceStopped {
    ReleaseView view;
    std::vector<GivenUpNode> given_up;  ///< by batch and node; may be empty
};

/// A release as it is after a retry was asked for, and the nodes that it takes up again.
struct Retried {
    ReleaseView view;
    std::vector<release::RetryRow> nodes;
};

struct RolledBack {
    CreatedRelease created;  ///< its id is 0 for a dry run; names are those of the plan
    std::vector<release::LeftAlone> left_alone;
    /// Digests of the contents that are put back; empty where it is not known.
    std::map<release::Version, std::string> digests;
    std::string banned;  ///< the digest that is (or would be) banned; empty: none
};

}  // namespace edgeroll::control
