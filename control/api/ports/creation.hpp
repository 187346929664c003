// Creating a release: the request and its result.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/api/ports/asker.hpp"
#include "release/commit.hpp"
#include "release/gate.hpp"
#include "release/ids.hpp"
#include "release/plan.hpp"
#include "release/states.hpp"

namespace edgeroll::control {

class SecretKeys;

/// The plan of a dry run, as the caller saw it.
struct PreviewedPlan {
    std::vector<release::PlannedNode> nodes;
    std::vector<std::string> names;  ///< names of `nodes`, in the same order
};

struct NewRelease {
    std::string target = "cdn";
    std::optional<release::Version> version;
    bool is_reload_only = false;
    std::string reason, created_by, not_before;  ///< not_before: RFC 3339 or empty
    std::string batch_config;                    ///< JSON text; empty: none
    /// Absent: apply_config, or the type of from_release.
    std::optional<release::TaskType> type;
    bool is_forced = false;  ///< allows a banned content
    std::optional<release::ReleaseId> from_release;
    bool supersedes = false;   ///< stops earlier unfinished releases that share nodes
    std::string callback_url;  ///< empty: none
    bool is_dry_run = false;
    std::string expected_plan_sha256;  ///< empty: not given
    /// The plan of expected_plan_sha256, for the message; filled in by the store if it knows the
    /// plan.
    std::shared_ptr<const PreviewedPlan> previewed;
    std::string idempotency_key;  ///< empty: none; scoped to created_by
    std::string request_sha256;   ///< digest of the body; the same key with another body is 3003
    /// The store's keys: contents whose secrets they cannot open are refused. Nothing: all contents
    /// with secrets are refused.
    std::shared_ptr<const SecretKeys> secret_keys{};
    Asker by{};  ///< for the audit log
};

struct CreatedRelease {
    release::ReleaseId id;  ///< 0 for a dry run
    release::Version version;
    std::vector<release::PlannedNode> plan;
    /// Names of the plan's nodes, in its order; empty for a repeated request.
    std::vector<std::string> names;
    std::string plan_sha256;
    /// Ascending by node; empty for a repeated request.
    std::vector<release::LeftOut> left_out;
    /// Stopped releases (dry run: would be); ascending.
    std::vector<release::ReleaseId> superseded;
    /// For a content with secrets: nodes whose agents never reported that they can keep secrets.
    /// Ascending.
    std::vector<release::LeftOut> without_secrets{};
    /// Of a dry run: nodes on which nobody looked at the last content. Ascending.
    std::vector<release::LeftOut> unseen{};
    std::vector<release::Gate> gates{};  ///< of a dry run
};

}  // namespace edgeroll::control
