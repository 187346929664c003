// Releases, configurations and nodes as JSON (docs/contract.md section 7, docs/api.md).
#pragma once

#include <vector>

#include "control/api/ports/inventory.hpp"
#include "control/api/ports/steering.hpp"
#include "release/wire/json_util.hpp"

namespace edgeroll::control::api {

/// Without `batches`: an item of a list.
[[nodiscard]] release::wire::Json json_of(const ReleaseSummary& release);
/// `[{nodeId,nodeName,reason}]`
[[nodiscard]] release::wire::Json json_of(const std::vector<release::LeftOut>& nodes);
/// @param node_timeout from the settings, for `until`
[[nodiscard]] release::wire::Json json_of(const ReleaseView& view, release::Millis node_timeout);
/// The same with the steps of each node, or of the single node shown.
[[nodiscard]] release::wire::Json json_of_steps(const ReleaseView& view,
                                                release::Millis node_timeout);
[[nodiscard]] release::wire::Json json_of(const CreatedRelease& created);
/// The answer to pause, continue, stop and retry.
[[nodiscard]] release::wire::Json json_of_steered(const ReleaseView& view,
                                                  release::Millis node_timeout);
[[nodiscard]] release::wire::Json json_of(const ForceStopped& stopped,
                                          release::Millis node_timeout);
[[nodiscard]] release::wire::Json json_of(const Retried& retried, release::Millis node_timeout);
[[nodiscard]] release::wire::Json json_of(const RolledBack& done);
/// The answer to PATCH.
[[nodiscard]] release::wire::Json json_of_limits(const ReleaseSummary& release);
[[nodiscard]] release::wire::Json json_of(const NodeView& node);
/// The answer to storing a content.
[[nodiscard]] release::wire::Json json_of_stored(const ConfigView& config);
/// As JSON text, assembled from parts that the database's threads have prepared.
[[nodiscard]] std::string text_of(const ShownConfig& config);

}  // namespace edgeroll::control::api
