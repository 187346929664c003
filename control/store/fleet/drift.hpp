// Whether the nodes have the content that they should have (docs/contract.md 6.12).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "control/store/db/connection.hpp"
#include "control/store/fleet/fleet_member.hpp"
#include "control/store/fleet/template_book.hpp"

namespace edgeroll::control {

/// Fills in `wanted` and `drift`. A node drifts while it has another content than the wanted one or
/// none, unless an unfinished release has put its own content there.
void add_drift(Connection& connection, TemplateBook& templates, std::vector<FleetMember>& members);

/// Drifting nodes among all nodes, by the word of their drift. Inside the caller's transaction.
[[nodiscard]] std::map<std::string, std::int64_t> count_drifting(Connection& connection,
                                                                 TemplateBook& templates);

}  // namespace edgeroll::control
