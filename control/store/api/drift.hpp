// The content that each node should have, and whether the node has it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "control/api/ports/inventory.hpp"
#include "control/store/api/template_book.hpp"
#include "control/store/db/connection.hpp"

namespace edgeroll::control {

/// Fills in wanted_version, wanted_sha256 and drift. Wanted is the content of the newest
/// successful apply_config release that had a content and has the node as success or deferred (for
/// a rollback the row's own content). A node drifts while it has another content or none, unless an
/// unfinished release has put its own content there.
void add_wanted(Connection& connection, TemplateBook& templates, std::vector<NodeView>& nodes);

/// Drifting nodes among all nodes, by the word of their drift. Inside the caller's transaction.
[[nodiscard]] std::map<std::string, std::int64_t> count_drifting(Connection& connection,
                                                                 TemplateBook& templates);

}  // namespace edgeroll::control
