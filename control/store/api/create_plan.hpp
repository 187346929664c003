// The plan of a release that is to be made, from the inventory as it is now.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "control/store/api/create_source.hpp"
#include "control/store/db/connection.hpp"
#include "release/plan.hpp"

namespace edgeroll::control {

struct NamedPlan : release::Plan {
    std::vector<std::string> names;  ///< of `nodes`, in their order
};

/// With a source only its unfinished nodes, whatever the selector says. Refusals are thrown: 2002
/// when the selector's list names what is no node, 3003 when no node is left to release to.
[[nodiscard]] NamedPlan plan_release(Connection& connection, release::Policy policy,
                                     const std::optional<CreateSource>& source);

}  // namespace edgeroll::control
