// The plan of a new release, made from the current inventory.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "control/api/ports/creation.hpp"
#include "control/store/api/create_source.hpp"
#include "control/store/db/connection.hpp"
#include "release/plan.hpp"

namespace edgeroll::control {

struct NamedPlan : release::Plan {
    std::vector<std::string> names;  ///< names of `nodes`, in the same order
};

/// Nodes of the plan where nobody looked at the content of the last success: no command is set
/// there.
[[nodiscard]] std::vector<release::LeftOut> unseen_nodes(Connection& connection,
                                                         const CreatedRelease& created);

/// With a source only its unfinished nodes are planned, whatever the selector says. The content's
/// digest draws the canaries. Throws Refused:
/// 2002 when the selector lists an unknown node, 3003 when no node is left.
[[nodiscard]] NamedPlan plan_release(Connection& connection, release::TaskType type,
                                     release::Policy policy, const std::string& content_sha256,
                                     const std::optional<CreateSource>& source);

}  // namespace edgeroll::control
