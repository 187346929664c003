// Which control process asks a node for its state. Pure.
#pragma once

#include <string>
#include <vector>

#include "release/ids.hpp"

namespace edgeroll::release {

/// The member that the node belongs to: by rendezvous hashing, so that a member that comes or goes
/// moves its own share only. Every process computes the same, in whatever order it has the names.
/// @param members not empty, each once
[[nodiscard]] const std::string& member_of(NodeId node, const std::vector<std::string>& members);

}  // namespace edgeroll::release
