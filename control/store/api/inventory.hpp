// Configurations and nodes as the API reads and writes them. Functions throw Refused.
#pragma once

#include <vector>

#include "control/api/ports/inventory.hpp"
#include "control/secrets/secret_keys.hpp"
#include "control/store/db/connection.hpp"
#include "control/store/fleet/template_book.hpp"

namespace edgeroll::control {

/// 2002 for an unusable payload, 3002 when the version is in use with another content or note; see
/// ApiStore::put_config.
/// @param keys seal the payload's secrets; nothing: a payload with secrets is refused
[[nodiscard]] ConfigView add_config(Connection& connection, ConfigView config,
                                    const SecretKeys* keys = nullptr);
/// 3001 when the version has no content.
[[nodiscard]] ConfigView read_config(Connection& connection, release::Version version);
[[nodiscard]] ShownConfig show_config(Connection& connection, release::Version version,
                                      PayloadPart part);

/// Ascending by id.
[[nodiscard]] std::vector<NodeView> list_nodes(Connection& connection, TemplateBook& templates);
/// 2002 for a missing or illegal field, 3002 for a name that is taken.
[[nodiscard]] NodeView insert_node(Connection& connection, TemplateBook& templates,
                                   const NodeChangeRequest& node);
/// As insert_node, and 3001 when the node does not exist.
[[nodiscard]] NodeView update_node(Connection& connection, TemplateBook& templates,
                                   release::NodeId id, const NodeChangeRequest& change);

}  // namespace edgeroll::control
