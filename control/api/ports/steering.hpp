// Requests of operators to a release through the API, and their results.
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

/// The caller, the release and the reason.
struct ActionRequest {
    release::ReleaseId id;
    std::string actor;
    std::string reason;  ///< free text; may be empty
    Asker by{};          ///< for the audit log
};

/// Pause, continue or stop.
struct SteerRequest : ActionRequest {
    release::Steering action = release::Steering::pause;
};

struct RetryRequest : ActionRequest {
    std::vector<release::NodeReference> nodes;  ///< empty: all nodes that need it
    /// Reconciliation: failures do not fail the release, only the named nodes of the first batch
    /// are retried, whatever their status, and it is refused while no window is open, for a content
    /// that is banned although the release was forced, and for a node that an unfinished release
    /// has. It is the engine's own action, and not audited.
    bool tolerates_all = false;
};

struct RollbackRequest : ActionRequest {
    bool is_forced = false;     ///< allowed although a later release touched the nodes
    bool is_dry_run = false;    ///< only describes the result
    bool is_abort = false;      ///< of an unfinished release: it is undone while it runs
    bool is_fast = false;       ///< without the limits on nodes that run at once
    bool is_by_itself = false;  ///< on_failure: nodes that the last retry left out stay unchanged
    /// As in NewRelease. edgeroll's own actions are checked when the release is claimed.
    std::shared_ptr<const SecretKeys> secret_keys{};
};

struct LimitRequest : ActionRequest {
    release::wire::LimitChange change;
};

/// A node that was running when the release was stopped by force.
struct GivenUpNode {
    release::NodeId id;
    std::string name;  ///< empty when the node was deleted
    int batch = 1;
    int attempt = 0;
    std::string task_id;  ///< of the attempt; may be empty
};

/// A release after a forced stop, and the nodes that were given up.
struct ForceStopped {
    ReleaseView view;
    std::vector<GivenUpNode> given_up;  ///< by batch and node; may be empty
};

/// A release after a retry request, and the retried nodes.
struct Retried {
    ReleaseView view;
    std::vector<release::RetryRow> nodes;
};

struct RolledBack {
    CreatedRelease created;  ///< a dry run has the id 0; names are those of the plan
    std::vector<release::LeftAlone> left_alone;
    /// Digests of the contents that are put back; empty: unknown.
    std::map<release::Version, std::string> digests;
    std::string banned;  ///< the digest that is (dry run: would be) banned; empty: none
};

}  // namespace edgeroll::control
