// Converts rows of the inventory (`nodes`) into values.
#pragma once

#include <string>
#include <vector>

#include "control/store/db/connection.hpp"
#include "release/model.hpp"
#include "release/plan.hpp"

namespace edgeroll::control {

/// Labels from a JSON object of strings, ascending by name. Any other text gives no labels: a
/// mistake in a label must not keep a node from being served.
[[nodiscard]] release::Labels read_labels(const std::string& json_text);
[[nodiscard]] std::string write_labels(const release::Labels& labels);

/// Lower case, without colons and spaces. Malformed text stays unchanged: it is a pin that nothing
/// fits, never a missing pin.
[[nodiscard]] std::string normal_fingerprint(std::string text);

/// The nodes that a plan may use: enabled and online, ascending by id.
[[nodiscard]] std::vector<release::FleetNode> read_fleet(Connection& connection);

/// All other nodes with the reason ("disabled", "in maintenance", "offline"), ascending by id.
[[nodiscard]] std::vector<release::UnfitNode> read_unfit_nodes(Connection& connection);

}  // namespace edgeroll::control
