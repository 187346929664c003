// Making a release: what is asked for, and what came of it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/api/ports/asker.hpp"
#include "release/commit.hpp"
#include "release/ids.hpp"
#include "release/plan.hpp"
#include "release/states.hpp"

namespace edgeroll::control {

class SecretKeys;

/// The plan of a dry run, as its caller saw it.
struct PreviewedPlan {
    std::vector<release::PlannedNode> nodes;
    std::vector<std::string> names;  ///< of `nodes`, in their order
};

struct NewRelease {
    std::string target = "cdn";
    std::optional<release::Version> version;
    bool is_reload_only = false;
    std::string reason, created_by, not_before;  ///< not_before: RFC 3339 or empty
    std::string batch_config;                    ///< JSON text; empty: none
    std::optional<release::TaskType> type;       ///< absent: apply_config, or from_release's
    bool is_forced = false;                      ///< a banned content is allowed
    std::optional<release::ReleaseId> from_release;
    bool supersedes = false;   ///< stop earlier unfinished releases that share nodes
    std::string callback_url;  ///< empty: none
    bool is_dry_run = false;
    std::string expected_plan_sha256;  ///< empty: not given
    /// The plan of expected_plan_sha256, for the message; the store fills it in where it knows it.
    std::shared_ptr<const PreviewedPlan> previewed;
    std::string idempotency_key;  ///< empty: none; scoped to created_by
    std::string request_sha256;   ///< of the body; the same key with another body is 3003
    /// The store's: contents whose secrets they do not open are refused. Nothing: those with any.
    std::shared_ptr<const SecretKeys> secret_keys{};
    Asker by{};  ///< for the audit log
};

struct CreatedRelease {
    release::ReleaseId id;  ///< 0 for a dry run
    release::Version version;
    std::vector<release::PlannedNode> plan;
    std::vector<std::string> names;  ///< of the plan's nodes, in its order; for the store itself
    std::string plan_sha256;
    std::vector<release::LeftOut> left_out;      ///< ascending by node; not of a repeated request
    std::vector<release::ReleaseId> superseded;  ///< stopped (of a dry run: would be); ascending
    /// Of a content with secrets: nodes whose agents never said that they can keep them. Ascending.
    std::vector<release::LeftOut> without_secrets{};
};

}  // namespace edgeroll::control
